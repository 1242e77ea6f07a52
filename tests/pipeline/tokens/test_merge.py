"""Which merged file holds what. That merging changes no shard is tested with the shards."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens.merge import MOST_RUNS, plan_merge


@given(st.integers(0, 2_000_000), st.integers(1, 3000), st.integers(0, 20_000))
def test_every_slice_is_in_one_piece_of_each_group(count: int, slices: int, memories: int) -> None:
    merge = plan_merge("runs", count, slices, memories)
    assert (merge is None) == (count <= MOST_RUNS)
    if merge is None:
        return
    # As many groups as runs in a group, and no piece larger than the memory as long as slices are not.
    assert (merge.groups - 1) ** 2 < count <= merge.groups**2
    assert merge.pieces == slices or merge.pieces * merge.groups >= memories
    pieces = [list(merge.parts(piece)) for piece in range(merge.pieces)]
    assert [part for parts in pieces for part in parts] == list(range(slices))
    assert all(pieces)
    for piece, parts in enumerate(pieces):
        assert merge.holding(parts[0]) == merge.holding(parts[-1])
        assert merge.holding(parts[0]) == [merge.file(group, piece) for group in range(merge.groups)]
