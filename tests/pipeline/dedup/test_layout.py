"""However many parts there are: every part is in one group, and no group or partition is too large or too small."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.layout import ENOUGH, GROUP_ROWS, PARTITION_BYTES, Layout, group_size
from pipeline.dedup.parts import Parts


@given(st.integers(1, 10**6), st.integers(0, 10**11))
def test_groups_and_partitions(count: int, rows: int) -> None:
    layout = Layout(Parts("parts", count), (), rows, group_size(count, rows))
    assert layout.size * rows <= max(GROUP_ROWS * count, rows)
    assert layout.groups >= min(count, ENOUGH)
    assert layout.units(0)[0] == 0 and layout.units(layout.groups - 1)[-1] == count - 1
    assert all(
        layout.units(group)[-1] + 1 == layout.units(group + 1)[0]
        for group in range(min(layout.groups - 1, 5))
    )
    partitions = layout.partitions(14 * rows, 2)
    assert 14 * rows * 16 <= partitions * PARTITION_BYTES
    assert partitions == min(count, ENOUGH) or partitions - 1 < 14 * rows * 16 / PARTITION_BYTES


def test_one_crawl() -> None:
    """90,000 WET files of 33,000 pages."""
    layout = Layout(Parts("parts", 90_000), (), 3 * 10**9, group_size(90_000, 3 * 10**9))
    partitions = layout.partitions(14 * layout.rows, 2)
    assert (layout.size, layout.groups, partitions) == (3, 30_000, 10_014)
    assert 14 * layout.size * 33_333 / partitions > 100  # entries in a block
