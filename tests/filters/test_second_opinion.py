"""The second opinion is langdetect's own, as it gives it when it is seeded with 0."""

from functools import cache
from pathlib import Path

import langdetect
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from filters.second_opinion import opinion

WORDS = (
    "the",
    "OK",
    "LOL",
    "der",
    "été",
    "l'île",
    "в",
    "гавани",
    "夕方",
    "これは",
    "한국어",
    "这是",
    "https://a.b/c",
    "12",
    "ở",
)
TEXTS = st.text() | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@cache
def factory() -> DetectorFactory:
    made = DetectorFactory()
    made.set_seed(0)
    profiles = sorted(Path(langdetect.__file__).parent.glob("profiles/[!.]*"))
    made.load_json_profile([file.read_text(encoding="utf-8") for file in profiles])
    return made


def expected(text: str) -> tuple[str | None, float]:
    detector = factory().create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return None, 0.0
    return (found[0].lang.partition("-")[0], found[0].prob) if found else (None, 0.0)


@given(TEXTS)
@example("")
@example("1234")
@example("Der Hafen war ruhig, als wir am Abend von der Insel zurückkamen.")
def test_it_is_langdetects(text: str) -> None:
    language, probability = expected(text)
    assert opinion(text) == (language, pytest.approx(probability, rel=1e-9))
