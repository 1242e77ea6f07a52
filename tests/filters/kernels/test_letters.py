"""Code points in words and words with a letter are what plain Python says they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.jit import kernel
from filters.kernels.letters import count_in_words

# Letters, what is none, and whitespace, of every width in UTF-8; runs of one kind that go over the end of a block.
odd = st.text(alphabet="aZ@[`{1.#é×ßª中。”𐀀😀 \n\x85\u3000\u200b\0", max_size=200)
runs = st.lists(st.tuples(st.sampled_from("a1é×。😀 \u3000"), st.integers(1, 80)), max_size=8).map(
    lambda pairs: "".join(character * count for character, count in pairs)
)


@kernel
def _count(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[int, int]:
    return count_in_words(data, offsets[1], offsets[2])


@given(st.one_of(st.text(), odd, runs))
def test_is_the_definition(text: str) -> None:
    words = text.split()
    points, with_letter = _count(*text_buffers(pa.array(["1a", text, "a"], pa.large_string())))
    assert points == sum(map(len, words))
    assert with_letter == sum(any(map(str.isalpha, word)) for word in words)
