"""The ledger balances, whatever happens to documents, and folds to the same sums in any order."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline import files
from pipeline.ledger import KEYS, LEDGER, QUANTITIES, Quantities, UnitLedger, imbalances
from pipeline.ledger_files import fold
from pipeline.rundir import RunDirectory

documents = st.lists(
    st.tuples(
        st.integers(0, 10**12),  # bytes
        st.integers(0, 10**9),  # words
        st.integers(0, 10**9),  # tokens
        st.sampled_from(["", "short", "dirty"]),  # the reason for which a filter drops it
        st.integers(-5, 5),  # what an editor takes out of it
        st.sampled_from(["en", "de", None]),
        st.sampled_from(["forum", "web"]),
    ),
    max_size=30,
)


def run_stages(unit: int, batch: list) -> UnitLedger:
    """A filter and an editor, counted by hand."""
    ledger = UnitLedger(unit)
    places = np.arange(len(batch))
    amounts = Quantities(*(np.array([row[at] for row in batch], np.int64) for at in range(3)))
    reasons = np.array([row[3] for row in batch], dtype=object)
    kept = np.flatnonzero(reasons == "")
    ledger.add("filter", "in", "", places, amounts)
    for reason in ("short", "dirty"):
        gone = np.flatnonzero(reasons == reason)
        ledger.add("filter", "dropped", reason, gone, amounts[gone])
    ledger.add("filter", "out", "", kept, amounts[kept])
    cut = np.array([batch[row][4] for row in kept], np.int64)
    trimmed = Quantities(cut, cut, cut)
    ledger.add("editor", "in", "", kept, amounts[kept])
    ledger.add("editor", "trimmed", "", kept, trimmed, documents=0)
    ledger.add("editor", "out", "", kept, amounts[kept] - trimmed)
    languages = pa.array([row[5] for row in batch], pa.string())
    ledger.end_batch(languages, pa.array([row[6] for row in batch], pa.string()))
    return ledger


@given(st.lists(documents, max_size=4))
def test_balances_and_folds_in_any_order(tmp_path_factory, batches):
    run = RunDirectory(str(tmp_path_factory.mktemp("run")))
    again = RunDirectory(str(tmp_path_factory.mktemp("again")))
    tables = [run_stages(unit, batch).table() for unit, batch in enumerate(batches)]
    for unit, table in enumerate(tables):
        files.write_table(run.ledger(0, unit), table)
    for unit, table in enumerate(reversed(tables)):
        files.write_table(again.ledger(0, unit), table)
    folded = fold(run, KEYS)
    assert imbalances(folded, ["filter", "editor"]) == []
    assert fold(again, KEYS).equals(folded)
    raw = fold(run, ["stage", "outcome"]).to_pylist()
    came = {row["outcome"]: row for row in raw if row["stage"] == "filter"}.get(
        "in", dict.fromkeys(QUANTITIES, 0)
    )
    rows = [row for batch in batches for row in batch]
    assert came["documents"] == len(rows)
    assert came["bytes"] == sum(row[0] for row in rows)


@given(documents.filter(bool), st.sampled_from(QUANTITIES), st.integers(0, 10**6))
def test_one_unit_too_many_is_noticed(batch, quantity, at):
    table = run_stages(0, batch).table()
    at %= len(table)
    column = table.column(quantity).to_pylist()
    column[at] += 1
    wrong = table.set_column(table.schema.get_field_index(quantity), quantity, pa.array(column, pa.int64()))
    assert imbalances(wrong, ["filter", "editor"])


def test_a_stage_that_the_recipe_does_not_have_is_noticed():
    table = pa.table({"unit": [0], "stage": ["ghost"], "outcome": ["in"], "reason": [""], "language": ["en"],
                      "source": ["web"], "documents": [1], "bytes": [1], "words": [1], "tokens": [1]}).cast(LEDGER)  # fmt: skip
    assert "ghost" in imbalances(table, ["filter"])[0]


def test_no_units_fold_to_nothing(tmp_path):
    nothing = fold(RunDirectory(str(tmp_path)), KEYS)
    assert nothing.num_rows == 0
    assert imbalances(nothing, ["read", "tokenize"]) == []
