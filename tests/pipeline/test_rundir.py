"""Units as the run directory keeps them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

places = st.tuples(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.sampled_from(["warc", "jsonl", "parquet"]),
    st.integers(0, 2**62),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**50),
)


@given(st.lists(places, max_size=20))
def test_units_are_found_by_number(
    tmp_path_factory: pytest.TempPathFactory, given_units: list[tuple[str, str, int, int, int]]
) -> None:
    run = RunDirectory(str(tmp_path_factory.mktemp("run")))
    units = [Unit(at, *unit) for at, unit in enumerate(given_units)]  # type: ignore[arg-type]
    run.write_json("manifest.json", {})
    run.write_units(units)
    assert run.units() == units
    assert [run.unit(at) for at in reversed(range(len(units)))] == units[::-1]


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a run directory"):
        RunDirectory(str(tmp_path)).units()
