"""The language filter, at its bound and where a source was not sure."""

import numpy as np
import pyarrow as pa

from filters.language_filter import LanguageFilter


def reasons(stage: LanguageFilter, *documents: tuple[str | None, float | None]) -> list[str | None]:
    """The first rule that fires on each document."""
    batch = pa.record_batch(
        {
            "language": pa.array([language for language, _ in documents], pa.string()),
            "language_score": pa.array([score for _, score in documents], pa.float32()),
        }
    )
    measures = stage.measure(batch)
    assert all(values.dtype == np.float64 and len(values) == len(documents) for values in measures.values())
    fired = [(rule.reason, rule.fires(measures[rule.measure])) for rule in stage.rules()]
    return [next((reason for reason, hits in fired if hits[row]), None) for row in range(len(documents))]


def test_the_bound_itself_goes_and_the_next_number_stays() -> None:
    above = float(np.nextafter(np.float32(0.65), np.float32(1)))
    assert reasons(LanguageFilter(keep=("en",)), ("en", 0.65), ("en", above)) == ["language_unsure", None]


def test_other_languages_and_none_at_all_go() -> None:
    stage = LanguageFilter(keep=("en", "de"))
    assert reasons(stage, ("de", 0.9), ("fr", 0.9), (None, 0.9), ("und", 0.0)) == [
        None,
        "language_not_kept",
        "language_not_kept",
        "language_not_kept",
    ]


def test_every_rule_is_measured_for_every_document() -> None:
    stage = LanguageFilter(keep=("en",))
    assert [rule.reason for rule in stage.rules()] == ["language_not_kept", "language_unsure"]
    assert reasons(stage, ("fr", 0.1)) == ["language_not_kept"]


def test_a_source_without_scores_is_taken_at_its_word() -> None:
    assert reasons(LanguageFilter(keep=("en",)), ("en", None), ("fr", None)) == [None, "language_not_kept"]


def test_null_is_off_and_zero_is_a_bound() -> None:
    assert LanguageFilter(min_score=None).rules() == ()
    assert reasons(LanguageFilter(min_score=0), ("xx", 0.0), ("xx", 0.001)) == ["language_unsure", None]
    assert reasons(LanguageFilter(), (None, 0.9)) == [None]
