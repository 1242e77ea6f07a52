"""Terms in texts: the kernel against a short definition, on dense alphabets and on any Unicode."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.phrases import SPACED, kind
from filters.kernels.terms import compile_terms


def fold(text: str) -> str:
    """A to Z in lower case, and nothing else changed."""
    return "".join(character.lower() if character.isascii() else character for character in text)


def behind(text: str, i: int, term: str) -> list[int]:
    """Every place where the term may end that begins at i."""
    places = {i}
    for wanted in term:
        if wanted == " ":
            found = set()
            for at in places:
                while at < len(text) and text[at].isspace():
                    at += 1
                    found.add(at)
            places = found
        else:
            same = {wanted, "\u2019"} if wanted == "'" else {wanted}
            places = {at + 1 for at in places if at < len(text) and text[at] in same}
    return sorted(places)


def stands(text: str, term: str) -> bool:
    folded = fold(text)
    kinds = [kind(character) for character in text]

    def boundary(i: int) -> bool:
        return i in (0, len(text)) or not kinds[i - 1] == kinds[i] == SPACED

    return any(boundary(i) and any(map(boundary, behind(folded, i, term))) for i in range(len(text)))


def define(text: str, terms: dict[str, int]) -> int:
    found = 0
    for term, bits in terms.items():
        found |= bits if stands(text, term) else 0
    return found


def find(texts: list[str], terms: dict[str, int]) -> list[int]:
    found: list[int] = compile_terms(terms).find(pa.array(texts, pa.large_string())).tolist()
    return found


WORD = st.text("ab", min_size=1, max_size=3) | st.sampled_from(["aaaaaaaa", "aaaaaaaab", "aaaaaaaaa"])
TERM = st.lists(WORD, min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from([" ", "-", "'"]).map(lambda between: between.join(words))
)
TERMS = st.dictionaries(TERM, st.integers(0, 63).map(lambda bit: 1 << bit), max_size=8)
DENSE = st.text("abABab  -'\u2019\u00e9\u0301_1\u00a0\n\u3000白\U00020000aſK", max_size=40)


@given(st.lists(DENSE, max_size=5), TERMS)
def test_is_the_definition_where_terms_meet_texts(texts: list[str], terms: dict[str, int]) -> None:
    assert find(texts, terms) == [define(text, terms) for text in texts]


@given(st.lists(st.tuples(DENSE, TERM, DENSE), min_size=1, max_size=5), st.integers(0, 130), TERMS)
def test_wherever_a_term_stands(
    pieces: list[tuple[str, str, str]], before: int, terms: dict[str, int]
) -> None:
    """Across the ends of the blocks in which texts are read, too."""
    terms = {**terms, pieces[0][1]: 1}
    texts = [" " * before + "".join(piece) for piece in pieces] + [" " * (before // 2) + pieces[0][1].upper()]
    found = find(texts, terms)
    assert found == [define(text, terms) for text in texts]
    assert found[-1] & 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=4))
def test_is_the_definition_on_any_unicode(texts: list[str]) -> None:
    words = ["".join(c for c in text if c.isascii() and c.isalpha()).lower() for text in texts]
    terms = {word[:2]: 1 << at for at, word in enumerate(words) if word} | {"a": 16, "e": 32}
    assert find(texts, terms) == [define(text, terms) for text in texts]


def test_no_text_is_read_past_its_end() -> None:
    assert find(["wom", "an", "", "the wo", "man", "a woman"], {"woman": 1, "an": 2, "the woman": 4}) == [
        0, 2, 0, 0, 0, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("term", ["", "A", "a  b", " a", "a-", "caf\u00e9", "a1", "a.b"])
def test_what_is_no_term(term: str) -> None:
    with pytest.raises(ValueError, match="not a term"):
        compile_terms({term: 1})
