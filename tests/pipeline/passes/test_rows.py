"""Documents go through stages one by one or all at once, and the ledger is the same, balanced, and exact."""

from typing import Literal

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from filters.stage import Annotator, Editor, Filter, Rule
from pipeline.batch import DOCUMENT
from pipeline.ledger import UnitLedger, imbalances
from pipeline.passes.rows import Rows, measure_amounts
from pipeline.passes.writers import DROPPED, dropped_batch
from pipeline.tallies.gather import UnitTallies


class FirstLetter(Annotator):
    """Calls a document's first character its language; there is none in an empty text."""

    stage: Literal["first_letter"] = "first_letter"

    def annotate(self, batch):
        return {
            "language": pa.array([text[:1] or None for text in batch.column("text").to_pylist()], pa.string())
        }


class CutAs(Editor):
    stage: Literal["cut_as"] = "cut_as"

    def edit(self, batch):
        return pa.array(
            [text.replace("a", "") for text in batch.column("text").to_pylist()], pa.large_string()
        )


class Lengths(Filter):
    stage: Literal["lengths"] = "lengths"
    shortest: int = 2
    most_spaces: int = 1

    def rules(self):
        return (
            Rule(measure="length", comparison="<", bound=self.shortest, reason="short"),
            Rule(measure="spaces", comparison=">", bound=self.most_spaces, reason="spaced"),
            Rule(measure="length", comparison=">", bound=12, reason="long"),
        )

    def measure(self, batch):
        texts = batch.column("text").to_pylist()
        return {
            "length": np.array([len(text) for text in texts], np.float64),
            "spaces": np.array([text.count(" ") for text in texts], np.float64),
        }


STAGES = (Lengths(shortest=1, name="first"), FirstLetter(), CutAs(), Lengths())
LABELS = ["read", *(stage.label for stage in STAGES)]


def characters(texts) -> np.ndarray:
    """A tokenizer whose tokens are characters."""
    return np.array([len(text) for text in texts.to_pylist()], np.int64)


def batch_of(texts: list[str]) -> pa.RecordBatch:
    rows = [
        {"id": str(at), "source": "web" if at % 2 else "forum", "text": text} for at, text in enumerate(texts)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENT)


def judge(batches: list[pa.RecordBatch]) -> tuple[pa.Table, list[str], list[Rows]]:
    ledger = UnitLedger(0)
    done = []
    for batch in batches:
        rows = Rows(
            batch, measure_amounts(batch.column("text"), characters), ledger, UnitTallies(0), characters
        )
        rows.pass_through("read")
        for stage in STAGES:
            rows.apply(stage)
        rows.end()
        done.append(rows)
    kept = [text for rows in done for text in rows.batch.column("text").to_pylist()]
    return ledger.table(), kept, done


texts = st.lists(st.text(st.sampled_from("ab é漢 "), max_size=16), max_size=12)


@given(texts, st.integers(1, 5))
def test_the_ledger_balances_and_does_not_depend_on_the_batches(written, size):
    batch = batch_of(written)
    whole, kept, _ = judge([batch])
    cut, kept_in_pieces, _ = judge([batch.slice(at, size) for at in range(0, len(written), size)] or [batch])
    assert cut.equals(whole)
    assert kept_in_pieces == kept
    assert imbalances(whole, LABELS) == []


@given(texts)
def test_it_counts_what_plain_python_counts(written):
    table, kept, done = judge([batch_of(written)])
    rows = table.to_pylist()

    def total(stage: str, outcome: str, quantity: str, reason: str = "") -> int:
        return sum(
            row[quantity]
            for row in rows
            if (row["stage"], row["outcome"]) == (stage, outcome) and (not reason or row["reason"] == reason)
        )

    assert total("read", "in", "bytes") == sum(len(text.encode()) for text in written)
    assert total("read", "in", "words") == sum(len(text.split()) for text in written)
    assert total("lengths", "out", "tokens") == sum(map(len, kept))
    assert total("lengths", "out", "documents") == len(kept)
    arrived = [text.replace("a", "") for text in written if text and text.count(" ") <= 1 and len(text) <= 12]
    assert total("cut_as", "trimmed", "documents") == 0
    assert total("cut_as", "trimmed", "tokens") == total("cut_as", "in", "tokens") - sum(map(len, arrived))
    fired = {
        "short": lambda t: len(t) < 2,
        "spaced": lambda t: t.count(" ") > 1,
        "long": lambda t: len(t) > 12,
    }
    for reason, rule in fired.items():
        others = [other for name, other in fired.items() if name != reason]
        assert total("lengths", "fired", "documents", reason) == sum(map(rule, arrived))
        alone = [text for text in arrived if rule(text) and not any(other(text) for other in others)]
        assert total("lengths", "alone", "documents", reason) == len(alone)
    drops = [row for rows in done for drop in rows.drops for row in dropped_batch(drop, True).to_pylist()]
    assert len(drops) + len(kept) == len(written)
    assert all(row["reason"] == row["fired"][0] for row in drops)


def test_every_row_of_a_document_has_the_language_it_turned_out_to_have():
    table, _, _ = judge([batch_of(["bbbb", "", "éb"])])
    languages = {row["language"] for row in table.to_pylist() if row["stage"] == "read"}
    assert languages == {"b", "é", "und"}


def test_dropped_rows_carry_the_measures_known_so_far():
    _, _, (rows,) = judge([batch_of(["b b b b"])])
    (row,) = dropped_batch(rows.drops[0], False).to_pylist()
    assert row["stage"] == "first"
    assert dict(row["measures"]) == {"first.length": 7.0, "first.spaces": 3.0}
    assert row["text"] is None
    assert dropped_batch(rows.drops[0], False).schema == DROPPED
