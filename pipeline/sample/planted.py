"""The bad pages: what stands on them, and which stage should find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.sample.articles import write_article
from pipeline.sample.furniture import article_blocks, lines, paragraph
from pipeline.sample.grammar import Speaker, Text

# Networks of the kind that no public server answers from, though the registries count them as public.
_PUBLIC_NETWORKS = (7, 11, 21, 22, 26, 28, 29, 30, 33, 55)


@dataclass(frozen=True)
class Draft:
    """A page before it is set: its title, its HTML blocks, and what is known of it (fields of `Truth`)."""

    title: str
    blocks: list[str]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Planted:
    """A kind of bad page: how many there are of it, the stage that should find them, and why."""

    kind: str
    count: int
    stage: str
    why: str
    draft: Callable[[Speaker], Draft]
    edited: bool = False  # the stage changes the text and keeps the page


def _begin(speaker: Speaker) -> Text:
    return Text(speaker, speaker.random.choice(sorted(speaker.grammar.topics)))


def _several(text: Text, symbol: str, fewest: int, most: int) -> list[str]:
    return [text.say(symbol) for _ in range(text.speaker.random.randint(fewest, most))]


def _menu(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    labels = dict.fromkeys(_several(text, "menu_label", 25, 60))
    items = "".join(f'<li><a href="/page/{number}">{label}</a></li>' for number, label in enumerate(labels))
    return Draft(text.say("menu_title"), [f'<ul class="index">{items}</ul>'])


def _spam(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    phrases = _several(text, "spam_phrase", 3, 4)
    blocks = [paragraph(", ".join(phrases * speaker.random.randint(4, 9)) + ".") for _ in range(4)]
    return Draft(text.say("spam_title"), blocks)


def _boilerplate(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    notice = text.say("boilerplate")
    blocks = []
    for _ in range(speaker.random.randint(8, 20)):
        blocks += [paragraph(text.say("price")), paragraph(notice)]
    return Draft(text.say("boilerplate_title"), blocks)


def _bullets(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    bullet = speaker.random.choice("•-")
    items = [f"{bullet} {item}" for item in dict.fromkeys(_several(text, "bullet", 36, 60))]
    return Draft(text.say("list_title"), [lines(items)])


def _teasers(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    return Draft(text.say("teaser_title"), [lines(_several(text, "teaser", 14, 30))])


def _rant(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    blocks = [
        paragraph(f"{text.say('rant')} {text.say('event')} {text.say('rant')}")
        for _ in range(speaker.random.randint(5, 9))
    ]
    said = " ".join(blocks)
    insults = tuple(insult for insult in speaker.common["insult"] if insult in said)
    return Draft(text.say("rant_title"), blocks, {"insults": insults})


def _contacts(speaker: Speaker) -> Draft:
    """An article that ends in e-mail addresses, and tells of public and private addresses of machines."""
    article, text = write_article(speaker, 160), _begin(speaker)
    random = speaker.random
    emails: list[str] = []
    public: list[str] = []
    private: list[str] = []
    blocks = article_blocks(article)
    for sentence in _several(text, "contact", 1, 3):
        name = f"{text.say('given')}.{text.say('family')}".lower()
        emails.append(f"{name}@{random.choice(speaker.grammar.chrome['host'])}")
        blocks.append(paragraph(sentence.replace("EMAIL", emails[-1])))
    for number, sentence in enumerate(_several(text, "address", 1, 3)):
        network = random.choice(_PUBLIC_NETWORKS) if number % 2 == 0 else 10
        address = f"{network}.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(1, 254)}"
        (public if number % 2 == 0 else private).append(address)
        blocks.append(paragraph(sentence.replace("ADDRESS", address)))
    facts = {"emails": tuple(emails), "public_ips": tuple(public), "private_ips": tuple(private)}
    return Draft(article.title, blocks, {**facts, "words": article.words})


def _notices(speaker: Speaker) -> Draft:
    """An article between whose paragraphs stand lines about scripts and policies."""
    article, text = write_article(speaker, 160), _begin(speaker)
    notices = (text.say("script_line"), text.say("policy_line"), text.say("policy_line"))
    blocks = article_blocks(article)
    for place, notice in zip((6, 4, 3), notices, strict=True):
        blocks.insert(place, paragraph(notice))
    return Draft(article.title, blocks, {"trimmed": notices, "words": article.words})


def _placeholder(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    blocks = []
    for _ in range(speaker.random.randint(4, 7)):
        words = _several(text, "latin", 5, 9)
        blocks.append(paragraph("Lorem ipsum, " + ", ".join(words) + "."))
    return Draft(text.say("latin_title"), blocks)


def _code(speaker: Speaker) -> Draft:
    article, text = write_article(speaker, 120), _begin(speaker)
    blocks = article_blocks(article)
    blocks.insert(4, "<pre>" + "\n".join(_several(text, "code", 3, 6)) + "</pre>")
    return Draft(text.say("code_title"), blocks)


def _short_lines(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    return Draft(text.say("short_title"), [lines(_several(text, "short_line", 26, 40))])


def _headlines(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    return Draft(text.say("headline_title"), [lines(_several(text, "headline", 9, 12))])


def _stub(speaker: Speaker) -> Draft:
    text = _begin(speaker)
    return Draft(text.say("stub_title"), [paragraph(text.say("stub"))])


def _empty(speaker: Speaker) -> Draft:
    return Draft(_begin(speaker).say("stub_title"), [])


def _offers(speaker: Speaker) -> Draft:
    """A page that only its address gives away."""
    article, text = write_article(speaker, 180), _begin(speaker)
    return Draft(text.say("offer_title"), [*article_blocks(article), paragraph(text.say("offer"))])


PLANTED = (
    Planted("navigation", 26, "gopher_quality", "a menu without prose", _menu),
    Planted("keyword_spam", 14, "gopher_repetition", "the same search words again and again", _spam),
    Planted("boilerplate", 12, "gopher_repetition", "one notice over and over", _boilerplate),
    Planted("bullet_list", 8, "gopher_quality", "nearly every line is a bullet", _bullets),
    Planted("teasers", 8, "gopher_quality", "lines that end in an ellipsis", _teasers),
    Planted("stub", 8, "gopher_quality", "hardly any words", _stub),
    Planted("empty", 4, "gopher_quality", "no text but a title", _empty),
    Planted("short_lines", 8, "fineweb", "lines of a few words", _short_lines),
    Planted("headlines", 8, "fineweb", "no line ends a sentence", _headlines),
    Planted("placeholder", 6, "c4_pages", "lorem ipsum", _placeholder),
    Planted("code", 6, "c4_pages", "a curly bracket", _code),
    Planted("insults", 12, "harmful_words", "insults in every paragraph", _rant),
    Planted("blocked_host", 8, "url_filter", "its host is in blocked_domains.txt", _offers),
    Planted("contacts", 12, "mask_pii", "e-mail and public IP addresses", _contacts, edited=True),
    Planted("notices", 10, "c4_lines", "lines about scripts, cookies and terms", _notices, edited=True),
)


def drafts(speaker: Speaker) -> Iterator[tuple[Planted, Draft]]:
    """Every bad page, kind after kind."""
    for planted in PLANTED:
        for _ in range(planted.count):
            yield planted, planted.draft(speaker)
