"""The quick look at addresses against its definition as regular expressions."""

from __future__ import annotations

import re

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from filters.kernels.pii import EMAIL, IPV4, IPV6, address_signs

DEFINITIONS = {
    EMAIL: re.compile(rb"[^\x00-\x20]@[^\x00-\x20]"),
    IPV4: re.compile(rb"(?:[0-9]+\.){3}[0-9]"),
    IPV6: re.compile(rb":[0-9A-Fa-f]{0,4}:"),
}
# Letters between the signs: the kernel takes eight bytes at a time where none of them is a sign.
PIECES = st.sampled_from(
    ["1", "23", ".", ":", "@", "a", "f0", "é", "天", " ", "\0", "xyz", "plainly", "x" * 16]
)
TEXTS = st.lists(st.lists(PIECES, max_size=20).map("".join) | st.text(), max_size=5)


@given(TEXTS, st.integers(0, 5))
@example(["1.2.3.plainly.4", "1.2.3.4", "a" * 7 + "@" + "b" * 8, ":abcd:", ":abcde:"], 0)
def test_signs_are_those_of_the_definitions(texts: list[str], first: int) -> None:
    signs = address_signs(pa.array(texts, pa.large_string())[first:])
    assert signs.tolist() == [
        sum(sign for sign, found in DEFINITIONS.items() if found.search(text.encode()))
        for text in texts[first:]
    ]
