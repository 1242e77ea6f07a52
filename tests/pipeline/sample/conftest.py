"""The sample written once, its pages as a reader sees them, and the published rules in plain Python."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text

from pipeline.sample import write_sample


class Seen:
    """A page of the sample: its line of truth, its HTML, its main text as an extractor gives it."""

    def __init__(self, truth: dict, html: str) -> None:
        self.truth = truth
        self.html = html
        self.text = html if truth["kind"] == "plain_text" else extract_plain_text(html, main_content=True)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def truth(sample: Path) -> list[dict]:
    return [json.loads(line) for line in (sample / "truth.jsonl").open(encoding="utf-8")]


@pytest.fixture(scope="session")
def pages(sample: Path, truth: list[dict]) -> list[Seen]:
    """Every page that has a text, in the order of the truth."""
    responses = {}
    for path in sorted(sample.glob("*.warc*")):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
                responses[record.record_id.strip("<>")] = record.http_headers, record.reader.read()
    readable = (one for one in truth if one["outcome"] in ("kept", "edited", "dropped"))
    return [Seen(one, _decode(*responses[one["record"]])) for one in readable]


def _decode(headers, body: bytes) -> str:
    names = {name.lower(): value.lower() for name, value in headers}
    if "transfer-encoding" in names and body[:1] != b"<":
        body = _join_chunks(body)
    if names.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    charset = names["content-type"].partition("charset=")[2] or "windows-1252"
    return body.decode(charset, errors="replace")


def _join_chunks(body: bytes) -> bytes:
    joined = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        if size == b"zz":
            break
        joined, body = joined + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return joined


def _duplicated(items: list[str], length: int) -> tuple[float, float]:
    seen: set[str] = set()
    repeats = [item for item in items if item in seen or seen.add(item)]
    return len(repeats) / max(len(items), 1), sum(map(len, repeats)) / max(length, 1)


def _top_n_gram(words: list[str], n: int, length: int) -> float:
    grams = Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    if not grams:
        return 0.0
    gram, count = grams.most_common(1)[0]
    return len(gram) * count / length


def _repeated_n_grams(words: list[str], n: int, length: int) -> float:
    seen, repeated, i = set(), 0, 0
    while i < len(words) - n + 1:
        gram = "".join(words[i : i + n])
        if gram in seen:
            repeated += len(gram)
            i += n
        else:
            seen.add(gram)
            i += 1
    return repeated / max(length, 1)


def gopher_repetition(text: str) -> bool:
    words, length = text.split(), len(text)
    lines, line_chars = _duplicated([line for line in text.split("\n") if line], length)
    paragraphs, paragraph_chars = _duplicated(re.split(r"\n{2,}", text.strip()), length)
    return (
        lines > 0.3
        or paragraphs > 0.3
        or line_chars > 0.2
        or paragraph_chars > 0.2
        or any(_top_n_gram(words, n, length) > bound for n, bound in ((2, 0.2), (3, 0.18), (4, 0.16)))
        or any(_repeated_n_grams(words, n, length) > 0.2 - n / 100 for n in range(5, 11))
    )


def gopher_quality(text: str) -> bool:
    words = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not 50 <= len(words) <= 100_000:
        return True
    symbols = text.count("#") + text.count("...") + text.count("…")
    return (
        not 3 <= sum(map(len, words)) / len(words) <= 10
        or symbols / len(words) > 0.1
        or sum(line.startswith(("•", "-", "*", "●")) for line in lines) / len(lines) > 0.9
        or sum(line.endswith(("...", "…")) for line in lines) / len(lines) > 0.3
        or sum(any(map(str.isalpha, word)) for word in words) / len(words) < 0.8
        or len({"the", "be", "to", "of", "and", "that", "have", "with"} & set(words)) < 2
    )


_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


def c4_line_goes(line: str) -> bool:
    line = line.lower()
    return len(line.split()) < 3 or "javascript" in line or any(phrase in line for phrase in _POLICY)


def c4_pages(text: str) -> bool:
    kept = "\n".join(line for line in text.split("\n") if not c4_line_goes(line))
    sentences = len(re.findall(r"[.!?…][\"'”»]*(?=\s|$)", kept))
    return sentences < 5 or "{" in kept or "lorem ipsum" in kept.lower()


def fineweb(text: str) -> bool:
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return True
    return (
        sum(line.rstrip().endswith((".", "!", "?", '"', "'")) for line in lines) / len(lines) < 0.12
        or sum(len(line) <= 30 for line in lines) / len(lines) > 0.67
        or _duplicated(lines, len(text))[1] > 0.01
        or text.count("\n") / max(len(text.split()), 1) > 0.3
    )


RULES = {f.__name__: f for f in (gopher_quality, gopher_repetition, c4_pages, fineweb)}


@pytest.fixture(scope="session")
def published_rules() -> dict:
    """By stage, whether its rules (`assay` dialect, published bounds) drop a text."""
    return RULES
