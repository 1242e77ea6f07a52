"""A kernel that looks for characters of a set finds what `any` over the text finds."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.members import holding, member_table

SETS = st.sets(st.sampled_from("éßЖ中文👩\u088f\U000323b0\U0010ffff")).map(frozenset)
TEXTS = st.text(st.sampled_from("abc \0éßЖ中文👩\u088f\U000323b0\U0010ffff") | st.characters(), max_size=40)


@given(st.lists(TEXTS, max_size=6), SETS, st.integers(0, 3))
def test_it_finds_what_python_finds(texts, wanted, skipped):
    column = pa.array(["é" * skipped, *texts], pa.large_string())[1:]
    found = holding(column, member_table(map(ord, wanted)))
    assert found.tolist() == [any(character in wanted for character in text) for text in texts]
