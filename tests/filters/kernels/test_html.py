"""A kernel that walks a page's tags finds what a regular expression over them finds."""

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.html import MOST_NAME_BYTES, nesting

TAG = re.compile(rb"<(/?)([a-zA-Z][^\t\n\f\r />]{0,%d})" % (MOST_NAME_BYTES - 1))
FLAT = frozenset({"p", "br", "li"})
PIECES = st.sampled_from(
    ["<div>", "</div>", "<DIV a=1>", "<b", "<b>", "</b>", "<p>", "</P>", "<br/>", "<", "</", "<!--", " ", "x", "<é>",
     "<a\u00a0b>", "<" + "long" * 12 + ">", "</" + "long" * 9 + ">", "\n", "1 < 2", "<b<b>", "\0"]
)  # fmt: skip


def nesting_in_python(page: bytes) -> tuple[int, int, int]:
    depth = deepest = total = 0
    unclosed: Counter[str] = Counter()
    for slash, name in TAG.findall(page):
        name = name.lower().decode("utf-8", "replace")
        if name in FLAT:
            total += depth
        elif not slash:
            unclosed[name] += 1
            depth += 1
            deepest = max(deepest, depth)
            total += depth
        elif unclosed[name]:
            unclosed[name] -= 1
            depth -= 1
    return deepest, total


@given(st.lists(PIECES | st.text(max_size=5), max_size=60))
def test_it_is_what_a_regular_expression_finds(pieces):
    page = "".join(pieces).encode("utf-8", "replace")
    deepest, total, longest = nesting(page, FLAT)
    assert (deepest, total) == nesting_in_python(page)
    assert longest >= max(
        (len(piece) + 1 for piece in page.split(b"<")[1:] if piece[:1].isalpha()), default=0
    )


def test_many_names():
    page = b"".join(b"<t%d>" % number for number in range(10_000))
    assert nesting(page, FLAT)[:2] == (10_000, 50_005_000)
