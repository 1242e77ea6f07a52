"""Groups by their terms: what is found, what is left alone, and that the lists hold together."""

from __future__ import annotations

import pyarrow as pa
import pytest

from filters.audit.groups import AUDITED, ENGLISH, ENGLISH_WORDS, GROUPS, group_bits

FRAME = "this is what they would have said about {}, and the rest of that"


def groups(*texts: str) -> list[set[str]]:
    bits = group_bits(pa.array(texts, pa.large_string())).tolist()
    return [{name for at, name in enumerate(GROUPS) if found >> at & 1} for found in bits]


@pytest.mark.parametrize("group", AUDITED, ids=lambda group: group.name)
def test_each_term_tells_of_its_group(group) -> None:
    for shape in (str.lower, str.upper, str.title):
        found = groups(*(FRAME.format(shape(term)) for term in group.terms))
        assert all(found_in >= {ENGLISH, group.name} for found_in in found)


def test_words_inside_words_tell_of_nobody() -> None:
    plain = groups(FRAME.format("it"))[0]
    assert plain == {ENGLISH}
    assert groups(FRAME.format("humankind, manual, womanhood2, Asiatic, indienne, éwoman, womané")) == [plain]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "man",
        "Der alte Mann und das Meer: man sagt, dat war wat, und von der Frau sprach niemand mehr.",
        "Det var en gammal man, men han var inte ensam.",
        "La femme et l'homme sont dans la maison; le gay, le latino, le refugee.",
    ],
)
def test_what_is_not_english_is_not_looked_at(text: str) -> None:
    assert groups(text) == [set()]


def test_the_typographic_apostrophe_and_broken_lines() -> None:
    assert groups(FRAME.format("y\u2019all and black\n  men")) == [
        {ENGLISH, "Southern American English", "Black", "men"}
    ]


def test_the_lists_fit_together() -> None:
    names = [group.name for group in AUDITED]
    assert len({ENGLISH, *names}) == len(GROUPS) == len(names) + 1
    assert len(GROUPS) + len(ENGLISH_WORDS) <= 64
    for group in AUDITED:
        assert len(set(group.terms)) == len(group.terms)
        assert not set(group.terms) & set(ENGLISH_WORDS)


def test_there_may_be_no_texts() -> None:
    assert groups() == []
