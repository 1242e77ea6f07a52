import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens import rows
from pipeline.tokens.rows import Documents, Packer, document_batches

END = 9
documents = st.lists(st.tuples(st.text(max_size=2), st.lists(st.integers(0, 8), max_size=12)), max_size=12)
Plain = list[tuple[str, list[int]]]


def columnar(plain: Plain) -> Documents:
    return Documents(
        pa.array([name for name, _ in plain], pa.string()),
        np.array([len(tokens) for _, tokens in plain], np.int64),
        np.array([token for _, tokens in plain for token in tokens], np.uint16),
    )


def packed(plain: Plain, context_length: int) -> list[dict[str, Any]]:
    """The definition: every token beside its document, end of text included, cut into rows."""
    stream = [(number, token) for number, (_, tokens) in enumerate(plain) for token in [*tokens, END]]
    found = []
    for start in range(0, len(stream), context_length):
        row = stream[start : start + context_length]
        numbers = list(dict.fromkeys(number for number, _ in row))
        found.append(
            {
                "input_ids": [token for _, token in row],
                "doc_ids": [plain[number][0] for number in numbers],
                "lengths": [sum(number == other for other, _ in row) for number in numbers],
            }
        )
    return found


@given(documents, st.integers(1, 30), st.lists(st.integers(0, 12), max_size=3), st.integers(1, 40))
def test_packed_rows_are_the_stream_cut_at_the_context(
    plain: Plain, context_length: int, cuts: list[int], batch_tokens: int
) -> None:
    packer = Packer(context_length, END, pa.uint16())
    bounds = [0, *sorted(cuts), len(plain)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BATCH_TOKENS", batch_tokens)
        batches = [
            batch
            for start, stop in itertools.pairwise(bounds)
            for batch in packer.add(columnar(plain[start:stop]))
        ]
        batches += packer.finish()
    assert [row for batch in batches for row in batch.to_pylist()] == packed(plain, context_length)
    for batch in batches:
        batch.validate(full=True)
        assert batch.num_rows * context_length <= max(batch_tokens, context_length)


@given(documents, st.integers(1, 30))
def test_document_rows_are_the_documents(plain: Plain, batch_tokens: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BATCH_TOKENS", batch_tokens)
        batches = list(document_batches(columnar(plain)))
    assert [row for batch in batches for row in batch.to_pylist()] == [
        {"input_ids": tokens, "doc_id": name, "length": len(tokens)} for name, tokens in plain
    ]
    for batch in batches:
        batch.validate(full=True)
