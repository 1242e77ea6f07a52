"""Terms by which documents that speak of a group of people, or show a dialect of English, are told from others.

The bias audit compares how much of these documents a recipe keeps with how much it keeps of all
(`pipeline.report.audit`). That filters and block lists may remove text about minorities and in their dialects more often
than other text is known from C4 (Dodge et al., "Documenting Large Webtext Corpora", EMNLP 2021, section 5).

The lists are short, and English only. They name a group in the way that is usual and not unkind; a list of slurs would
find abuse, and not people. Where a word mostly means something else (`black`, `old`, `straight`) only phrases are listed. A
document is counted with a group if one of its terms stands in it, wherever and however often: it may be by, for, about or
against the group.

**Which documents.** The same letters may be a word in another language: "man" in German, "dat" in Dutch. So only
documents in English are looked at, which here means: two different ones of `ENGLISH_WORDS` stand in it. That is asked
when a document is read, the same of every document. The language stage is not asked: it sees only what is left by then, and
may itself take a dialect for another language (Blodgett, Green and O'Connor, EMNLP 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.terms import Terms, compile_terms

Kind = Literal["identity", "dialect"]

ENGLISH = "English"  # the group of all documents that the audit looks at

ENGLISH_WORDS = (
    "about", "and", "are", "but", "from", "get", "have", "how", "it", "just", "know", "like", "my", "not", "of", "that",
    "the", "they", "this", "what", "when", "who", "with", "would", "you", "your",
)  # fmt: skip
_LEAST_WORDS = (
    2  # with three, twice as many short texts are passed over, and hardly less of other languages is let in
)


@dataclass(frozen=True)
class Group:
    """A group of people or a dialect, and the terms that tell of it."""

    name: str
    kind: Kind
    terms: tuple[str, ...]


def _people(adjective: str) -> tuple[str, ...]:
    """A word that has other meanings, with the nouns beside which it means people."""
    nouns = "boy boys children family families folks girl girls guy guys kid kids man men people person woman women"
    return tuple(f"{adjective} {noun}" for noun in nouns.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(term.strip() for term in text.split(","))


AUDITED: tuple[Group, ...] = (
    Group("women", "identity", _words("woman, women, girl, girls, female, females, lady, ladies")),
    Group("men", "identity", _words("man, men, boy, boys, male, males, gentleman, gentlemen")),
    Group(
        "transgender and non-binary",
        "identity",
        _words(
            "transgender, transsexual, nonbinary, non-binary, genderqueer, genderfluid, agender, gender-fluid, trans guy,"
            "trans man, trans men, trans people, trans person, trans rights, trans woman, trans women"
        ),
    ),
    Group(
        "gay, lesbian and bisexual",
        "identity",
        _words(
            "gay, gays, lesbian, lesbians, bisexual, bisexuals, homosexual, homosexuals, queer, lgbt, lgbtq, same-sex"
        ),
    ),
    Group("heterosexual", "identity", (*_words("heterosexual, heterosexuals, cishet"), *_people("straight"))),
    Group(
        "Black",
        "identity",
        (
            *_people("black"),
            *_words(
                "black american, black americans, black communities, black community, african american,"
                "african americans, african-american, african-americans"
            ),
        ),
    ),
    Group(
        "white",
        "identity",
        (*_people("white"), *_words("white american, white americans, caucasian, caucasians")),
    ),
    Group("Asian", "identity", _words("asian, asians, pacific islander, pacific islanders")),
    Group(
        "Hispanic and Latino",
        "identity",
        _words(
            "hispanic, hispanics, latino, latinos, latina, latinas, latinx, chicano, chicanos, chicana, chicanas,"
            "mexican american, mexican americans, mexican-american, mexican-americans"
        ),
    ),
    Group(
        "Indigenous",
        "identity",
        _words(
            "native american, native americans, american indian, american indians, indigenous people,"
            "indigenous peoples, indigenous communities, aboriginal people, aboriginals, first nations, inuit, maori,"
            "torres strait islander, torres strait islanders"
        ),
    ),
    Group("Arab and Middle Eastern", "identity", _words("arab, arabs, middle eastern, middle easterners")),
    Group("Jewish", "identity", _words("jew, jews, jewish, judaism")),
    Group("Muslim", "identity", _words("muslim, muslims, islam, islamic")),
    Group(
        "Christian",
        "identity",
        _words(
            "christian, christians, christianity, catholic, catholics, protestant, protestants, evangelicals"
        ),
    ),
    Group("Hindu", "identity", _words("hindu, hindus, hinduism")),
    Group("Buddhist", "identity", _words("buddhist, buddhists, buddhism")),
    Group("Sikh", "identity", _words("sikh, sikhs, sikhism")),
    Group("atheist", "identity", _words("atheist, atheists, atheism, agnostic, agnostics")),
    Group(
        "immigrants and refugees",
        "identity",
        _words("immigrant, immigrants, migrant, migrants, refugee, refugees, asylum seeker, asylum seekers"),
    ),
    Group(
        "disabled",
        "identity",
        (
            *_people("disabled"),
            *_words(
                "disability, disabilities, deaf, hard of hearing, blind man, blind people, blind person, blind woman,"
                "wheelchair user, wheelchair users, autistic"
            ),
        ),
    ),
    Group(
        "mentally ill",
        "identity",
        _words("mentally ill, mental illness, mental illnesses, schizophrenia, bipolar disorder"),
    ),
    Group(
        "old",
        "identity",
        _words(
            "elderly, old man, old men, old people, old woman, old women, older adults, older people, pensioner, pensioners,"
            "senior citizen, senior citizens"
        ),
    ),
    Group(
        "young",
        "identity",
        _words(
            "teen, teens, teenager, teenagers, young adult, young adults, young man, young men, young people,"
            "young person, young woman, young women"
        ),
    ),
    Group(
        "poor",
        "identity",
        _words(
            "poor families, poor family, poor people, homeless, low-income, low income, impoverished, working-class,"
            "working class"
        ),
    ),
    Group(
        "rich",
        "identity",
        _words("wealthy, rich people, upper class, upper-class, billionaire, billionaires, millionaires"),
    ),
    Group("fat", "identity", (*_words("obese, overweight, plus-size, plus size"), *_people("fat"))),
    Group(
        "African American English",
        "dialect",
        _words(
            "finna, gon, boutta, bouta, tryna, iont, ion know, ion want, ion care, imma, turnt,"
            "wit da, wit dat, like dat, all dat, do dat, dat be,"
            "talmbout, ain't no, aint no, ain't nobody, aint nobody, ain't never, aint never, ain't nothing, aint nothing"
        ),
    ),
    Group(
        "Southern American English",
        "dialect",
        _words("y'all, yall, fixin to, fixing to, might could, over yonder"),
    ),
    Group(
        "Scottish English",
        "dialect",
        _words(
            "cannae, couldnae, didnae, dinnae, doesnae, havenae, isnae, shouldnae, wasnae, wisnae, wouldnae, aboot, bairn,"
            "bairns, dreich, glaikit, haud, lassie, lassies, wee lad, wee man, ye ken"
        ),
    ),
    Group(
        "Indian English",
        "dialect",
        _words(
            "crore, crores, lakh, lakhs, do the needful, prepone, preponed, timepass, time pass, cousin brother,"
            "cousin sister, batchmate, batchmates, out of station, eve teasing, eve-teasing"
        ),
    ),
    Group(
        "Nigerian English and Pidgin",
        "dialect",
        _words(
            "abeg, wahala, wetin, oga, naija, pikin, oyinbo, okada, dey go, i dey, e dey, we dey, una dey, dem dey,"
            "na so, no be"
        ),
    ),
    Group(
        "Jamaican English and Patois",
        "dialect",
        _words("wah gwaan, wagwan, pickney, pickneys, inna di, fi di, mi nuh, mi deh, dem seh, yuh, nuh"),
    ),
    Group(
        "Singapore and Malaysian English",
        "dialect",
        _words("lah, leh, can or not, kiasu, shiok, walao, wah lau, paiseh, makan"),
    ),
    Group(
        "British spelling",
        "dialect",
        _words(
            "behaviour, centre, centres, colour, colours, defence, favour, favourite, favourites, honour, humour, labour,"
            "licence, neighbour, neighbours, organisation, organise, organised, realise, realised, recognise,"
            "recognised, travelled, travelling, whilst"
        ),
    ),
    Group(
        "American spelling",
        "dialect",
        _words(
            "behavior, center, centers, color, colors, defense, favor, favorite, favorites, honor, humor, labor, license,"
            "neighbor, neighbors, organization, organize, organized, realize, realized, recognize, recognized,"
            "traveled, traveling"
        ),
    ),
)

# Bit n of what `group_bits` gives is that of GROUPS[n].
GROUPS: tuple[str, ...] = (ENGLISH, *(group.name for group in AUDITED))


def group_bits(texts: pa.LargeStringArray) -> NDArray[np.uint64]:
    """The groups of which a term stands in each text, a bit for each of GROUPS: uint64 (texts,).

    A text that is not in English (see above) has none, any other has the first.
    """
    found = _terms().find(texts)
    english = np.bitwise_count(found >> np.uint64(len(GROUPS))) >= _LEAST_WORDS
    groups = (found & np.uint64((1 << len(GROUPS)) - 1)) | np.uint64(1)
    return cast("NDArray[np.uint64]", groups * english)


@cache
def _terms() -> Terms:
    bits: dict[str, int] = {}
    for at, group in enumerate(AUDITED, 1):
        for term in group.terms:
            bits[term] = bits.get(term, 0) | 1 << at
    for at, word in enumerate(ENGLISH_WORDS, len(GROUPS)):
        bits[word] = bits.get(word, 0) | 1 << at
    return compile_terms(bits)
