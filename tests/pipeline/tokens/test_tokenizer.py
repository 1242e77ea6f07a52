import gzip
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.tokens import backends
from pipeline.tokens.tokenizer import YOUNG_CHARACTERS, BackendName, Tokenizer

END = "<|endoftext|>"
BACKENDS: tuple[BackendName, ...] = ("gigatoken", "tokenizers")


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def variant(path: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """The tokenizer file with something in it changed."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    changed = folder / "variant.json"
    changed.write_text(json.dumps(content), encoding="utf-8")
    return str(changed)


def add_token(content: dict[str, Any], token: str, special: bool) -> None:
    number = len(content["model"]["vocab"]) + len(content["added_tokens"]) - 1  # the end of text is in both
    flags = dict.fromkeys(["single_word", "lstrip", "rstrip", "normalized"], False)
    content["added_tokens"].append({"id": number, "content": token, "special": special, **flags})


def with_more_tokens(content: dict[str, Any]) -> None:
    for token, special in (("<|user|>", True), ("<tag>", False), ("    ", False)):
        add_token(content, token, special)
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": END, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {END: {"id": END, "ids": [0], "tokens": [END]}},
    }
    content["truncation"] = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
    content["model"]["dropout"] = 0.5


@pytest.fixture(scope="module")
def pair(tokenizer_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, Tokenizer]:
    path = variant(tokenizer_file, tmp_path_factory.mktemp("pair"), with_more_tokens)
    return Tokenizer.open(path, backend="gigatoken"), Tokenizer.open(path, backend="tokenizers")


texts = st.lists(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from([END, "<|user|>", "<tag>", "    ", "<|", "|>", "the", " ", "\0", "\n", "'ll"])
        ).map("".join),
    )
)


@given(texts)
@settings(max_examples=200)
def test_both_libraries_give_the_same_ids_and_no_special_token(
    pair: tuple[Tokenizer, Tokenizer], documents: list[str]
) -> None:
    fast, reference = (tokenizer.encode(column(documents)) for tokenizer in pair)
    assert fast.equals(reference)
    assert fast.type == pa.large_list(pa.uint16())
    vocabulary = pair[0]._definition.vocabulary
    assert not {vocabulary[END], vocabulary["<|user|>"]} & set(fast.flatten().to_pylist())


@given(texts)
def test_ids_are_the_text_and_nothing_else(
    tokenizer_file: Path, pair: tuple[Tokenizer, Tokenizer], documents: list[str]
) -> None:
    """Byte-level BPE loses nothing: the tokens of the ids, put together, are the text's bytes."""
    vocabulary = {number: token for token, number in pair[0]._definition.vocabulary.items()}
    byte_of = {character: byte for byte, character in _gpt2_characters().items()}
    for text, ids in zip(documents, pair[0].encode(column(documents)).to_pylist(), strict=True):
        tokens = [vocabulary[number] for number in ids]
        assert (
            b"".join(
                token.encode()
                if token in ("<tag>", "    ")
                else bytes(byte_of[character] for character in token)
                for token in tokens
            )
            == text.encode()
        )


def _gpt2_characters() -> dict[int, str]:
    """How GPT-2's vocabulary writes each byte: printable ones as themselves, the others from U+0100 on, in
    order."""
    plain = {byte for byte in range(256) if 33 <= byte <= 126 or 161 <= byte <= 172 or byte >= 174}
    others = [byte for byte in range(256) if byte not in plain]
    return {**{byte: chr(byte) for byte in plain}, **{byte: chr(256 + at) for at, byte in enumerate(others)}}


@given(texts, st.data())
def test_ids_do_not_depend_on_the_batch(
    pair: tuple[Tokenizer, Tokenizer], documents: list[str], data: st.DataObject
) -> None:
    whole = column(["before", *documents, "after"])
    start = data.draw(st.integers(0, len(whole)))
    part = whole.slice(start, data.draw(st.integers(0, len(whole) - start)))
    for tokenizer in pair:
        alone = [tokenizer.encode(column([text])).to_pylist()[0] for text in part.to_pylist()]
        assert tokenizer.encode(part).to_pylist() == alone
        counts = tokenizer.count(part)
        assert counts.dtype == np.int64
        assert counts.tolist() == [len(ids) for ids in alone]


def test_every_character_is_cut_alike(pair: tuple[Tokenizer, Tokenizer]) -> None:
    """Versions of Unicode differ on what this Python does not know yet; of the rest, a sample."""
    known = [number for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    unknown = [number for number in known if number < 0x40000 and unicodedata.category(chr(number)) == "Cn"]
    tried = [chr(number) for number in sorted({*unknown, *known[::97]})]
    probes = [f"a{char}b 1{char}2 {char}.{char}  {char}\n's" for char in tried]
    documents = column(["|".join(probes[start : start + 64]) for start in range(0, len(probes), 64)])
    assert pair[0].encode(documents).equals(pair[1].encode(documents))


def test_young_characters_are_each_known_by_their_range() -> None:
    ranges = [part.split("-") for part in YOUNG_CHARACTERS.split()]
    ends = [int(end, 16) for part in ranges for end in (part[0], part[-1])]
    assert ends == sorted(ends)
    assert (
        sum(int(part[-1], 16) - int(part[0], 16) + 1 for part in ranges) == 4803
    )  # as Unicode 17.0 counts them


def test_documents_with_young_characters_keep_their_places(pair: tuple[Tokenizer, Tokenizer]) -> None:
    documents = column(["the gold", "a\u088fb", "", "river \U00032400 mine", "is left"])
    assert pair[0].encode(documents).equals(pair[1].encode(documents))


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "\0" * 300_000, " " * 300_000, "\n" * 300_000, "金" * 100_000]
)
def test_monstrous_words_are_encoded(pair: tuple[Tokenizer, Tokenizer], text: str) -> None:
    assert pair[0].encode(column([text, "x"])).equals(pair[1].encode(column([text, "x"])))


def test_nothing_to_encode(pair: tuple[Tokenizer, Tokenizer]) -> None:
    for tokenizer in pair:
        assert tokenizer.encode(column([])).to_pylist() == []
        assert tokenizer.count(column([])).tolist() == []
        assert tokenizer.encode(column(["", ""])).to_pylist() == [[], []]
        assert tokenizer.encode(pa.array([None, "a"], pa.large_string())).to_pylist()[0] == []


def test_memory_that_gigatoken_keeps_is_given_back(
    tokenizer_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "RELOAD_AFTER_BYTES", 10)
    monkeypatch.setattr(backends, "RELOAD_AFTER_GROWTH_BYTES", -(1 << 40))
    tokenizer = Tokenizer.open(str(tokenizer_file), backend="gigatoken")
    fast = tokenizer._fast
    assert isinstance(fast, backends.Gigatoken)
    loaded = fast._tokenizer
    documents = column(["the gold of a river"])
    first = tokenizer.encode(documents)
    assert fast._tokenizer is loaded
    assert tokenizer.encode(documents).equals(first)
    assert fast._tokenizer is not loaded


def test_ids_take_four_bytes_where_two_are_too_few(tokenizer_file: Path, tmp_path: Path) -> None:
    def many_tokens(content: dict[str, Any]) -> None:
        vocabulary = content["model"]["vocab"]
        vocabulary.update({f"unused{number}": number for number in range(len(vocabulary), 65_536)})
        add_token(content, "<t>", False)

    path = variant(tokenizer_file, tmp_path, many_tokens)
    for backend in BACKENDS:
        tokenizer = Tokenizer.open(path, backend=backend)
        assert tokenizer.vocabulary_size == 65_537
        encoded = tokenizer.encode(column(["a<t>"]))
        assert encoded.type == pa.large_list(pa.uint32())
        assert encoded.to_pylist()[0][-1] == 65_536


def test_check_keeps_gigatoken_where_it_agrees(tokenizer_file: Path) -> None:
    tokenizer = Tokenizer.open(str(tokenizer_file))
    said = tokenizer.check(column(["the gold", END, ""]))
    assert tokenizer.backend == "gigatoken"
    assert "the same ids" in said and "3 of 3 documents" in said


def _no_words(content: dict[str, Any]) -> None:
    content["pre_tokenizer"]["use_regex"] = False


def _suffix(content: dict[str, Any]) -> None:
    content["model"]["end_of_word_suffix"] = "</w>"


@pytest.mark.parametrize("change", [_no_words, _suffix])
def test_check_falls_back_where_gigatoken_gives_other_ids(
    tokenizer_file: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    """Two settings that gigatoken 0.10 passes over in silence."""
    path = variant(tokenizer_file, tmp_path, change)
    tokenizer = Tokenizer.open(path)
    assert tokenizer.backend == "gigatoken"
    said = tokenizer.check(column(["the gold of a river", "is left"]))
    assert tokenizer.backend == "tokenizers"
    assert "gave other ids" in said
    reference = Tokenizer.open(path, backend="tokenizers")
    assert tokenizer.encode(column(["the gold"])).equals(reference.encode(column(["the gold"])))


def test_what_gigatoken_cannot_load_is_left_to_the_reference(tokenizer_file: Path, tmp_path: Path) -> None:
    path = variant(tokenizer_file, tmp_path, lambda content: content.update(normalizer={"type": "Lowercase"}))
    tokenizer = Tokenizer.open(path)
    assert tokenizer.backend == "tokenizers"
    assert "cannot load this tokenizer (Unsupported normalizer" in tokenizer.check(column(["The"]))
    assert tokenizer.encode(column(["THE"])).equals(tokenizer.encode(column(["the"])))
    with pytest.raises(RuntimeError, match="gigatoken cannot load it here"):
        Tokenizer.open(path, backend="gigatoken")


def test_check_refuses_an_end_of_text_that_a_document_can_spell(tokenizer_file: Path, tmp_path: Path) -> None:
    def whole_words(content: dict[str, Any]) -> None:
        content["model"] = {"type": "WordLevel", "vocab": {END: 0, "the": 1, "?": 2}, "unk_token": "?"}
        content["pre_tokenizer"] = {"type": "WhitespaceSplit"}

    tokenizer = Tokenizer.open(variant(tokenizer_file, tmp_path, whole_words))
    with pytest.raises(UserError, match="would be cut there"):
        tokenizer.check(column(["the"]))


def test_an_end_of_text_that_the_file_does_not_call_special_is_special(
    tokenizer_file: Path, tmp_path: Path
) -> None:
    path = variant(tokenizer_file, tmp_path, lambda content: add_token(content, "[end]", False))
    for backend in BACKENDS:
        tokenizer = Tokenizer.open(path, end_of_text="[end]", backend=backend)
        assert tokenizer.end_of_text_id == tokenizer.info.end_of_text_id == tokenizer.vocabulary_size - 1
        assert tokenizer.end_of_text_id not in tokenizer.encode(column(["a[end]b"])).to_pylist()[0]


def test_a_file_that_the_reference_would_number_otherwise_is_refused(
    tokenizer_file: Path, tmp_path: Path
) -> None:
    def with_a_gap(content: dict[str, Any]) -> None:
        add_token(content, "<tag>", True)
        content["added_tokens"][-1]["id"] += 7

    path = variant(tokenizer_file, tmp_path, with_a_gap)
    with pytest.raises(UserError, match="'<tag>'"):
        Tokenizer.open(path, backend="tokenizers")
    with pytest.raises(UserError, match="'<tag>'"):
        Tokenizer.open(path).check(column(["the"]))


def test_errors_say_what_to_change(tokenizer_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"tokenizer\.file: there is no .*nowhere\.json"):
        Tokenizer.open(str(tmp_path / "nowhere.json"))
    with pytest.raises(
        UserError, match=r"tokenizer\.end_of_text: '</s>' is not in the vocabulary .*<\|endoftext\|>"
    ):
        Tokenizer.open(str(tokenizer_file), end_of_text="</s>")
    for content in (b"", b"{", b"[]", b"{}", b'{"model": {}}', b"\xff"):
        (tmp_path / "broken.json").write_bytes(content)
        with pytest.raises(UserError, match=r"broken\.json: not a tokenizer\.json"):
            Tokenizer.open(str(tmp_path / "broken.json"))

    def panics(content: dict[str, Any]) -> None:
        content["model"]["continuing_subword_prefix"] = "##"

    with pytest.raises(UserError, match="cannot be loaded"):
        Tokenizer.open(variant(tokenizer_file, tmp_path, panics), backend="tokenizers")


@pytest.mark.parametrize("name", ["text/reddit/part-00.jsonl.gz", "text/multilingual.jsonl.gz"])
def test_real_documents_get_the_reference_ids(shared_data: Path, tokenizer_file: Path, name: str) -> None:
    with gzip.open(shared_data / name) as lines:
        documents = [json.loads(line)["text"][:3000] for line, _ in zip(lines, range(500), strict=False)]
    tokenizer = Tokenizer.open(str(tokenizer_file))
    assert f"on {len(documents)} of {len(documents)} documents" in tokenizer.check(column(documents))
    assert tokenizer.backend == "gigatoken"
