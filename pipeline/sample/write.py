"""The files of the sample: five of web archives, one of truth, one of blocked domains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from pipeline.sample.pages import AUTUMN, BLOCKED_HOSTS, SPRING, Page, build_web
from pipeline.sample.responses import FORMS
from pipeline.sample.warc import Packing, Record, Recorder, digest, timestamp, write_warc

# One file for each way in which archives are packed; the file that ends too early ends by this many bytes.
_SPRING_FILES: tuple[tuple[str, Packing], ...] = (
    ("spring-00000.warc.gz", "records"),
    ("spring-00001.warc.gz", "records"),
    ("spring-00002.warc", "none"),
    ("spring-00003.warc.gz", "file"),
)
_AUTUMN_FILE = "autumn-00000.warc.gz"
_CUT_FILE = 1
_CUT_BYTES = 900

_HTTP_RESPONSE = "application/http; msgtype=response"
_HTTP_REQUEST = "application/http; msgtype=request"


def write_sample(folder: Path, seed: int = 0) -> None:
    """Write the sample web of this seed into the folder, which is made if need be.

    `spring-*` and `autumn-*` are WARC files: a gzip member for each record, plain, and one member for the
    whole file. `truth.jsonl` has a line for each response and revisit record (`truth.Truth`), and
    `blocked_domains.txt` names the hosts that a URL filter should know. The same seed gives the same truth
    and records everywhere; compressed bytes may differ where Python was built with another zlib.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(Random(f"assay sample records {seed}"))
    truth: list[str] = []
    for number, (name, packing, pages) in enumerate(_files(build_web(seed), seed)):
        records = []
        for record, page in _records(recorder, name, pages):
            records.append(record)
            if page is not None:
                truth.append(page.truth.line(name, record.id.strip("<>")))
        write_warc(folder / name, records, packing, cut=_CUT_BYTES if number == _CUT_FILE else 0)
    (folder / "truth.jsonl").write_bytes("".join(truth).encode())
    (folder / "blocked_domains.txt").write_bytes("".join(f"{host}\n" for host in BLOCKED_HOSTS).encode())


def _files(pages: list[Page], seed: int) -> Iterator[tuple[str, Packing, list[Page]]]:
    """The pages of each file, in the order in which they were fetched."""
    spring = [page for page in pages if page.date < AUTUMN]
    Random(f"assay sample files {seed}").shuffle(spring)
    last = next(page for page in spring if page.form == "truncated")
    spring.remove(last)
    for number, (name, packing) in enumerate(_SPRING_FILES):
        chosen = sorted(spring[number :: len(_SPRING_FILES)], key=lambda page: page.date)
        yield name, packing, [*chosen, last] if number == _CUT_FILE else chosen
    autumn = [page for page in pages if page.date >= AUTUMN]
    yield _AUTUMN_FILE, "records", sorted(autumn, key=lambda page: page.date)


def _records(recorder: Recorder, name: str, pages: list[Page]) -> Iterator[tuple[Record, Page | None]]:
    """The records of a file, each with the page whose truth is told of it."""
    about = f"software: assay sample\r\nformat: WARC File Format 1.1\r\nisPartOf: {name}\r\n".encode()
    crawl = AUTUMN if name == _AUTUMN_FILE else SPRING
    yield recorder.record("warcinfo", crawl, about, "application/warc-fields"), None
    for page in pages:
        response = _response(recorder, page)
        if name == _SPRING_FILES[0][0]:
            yield _request(recorder, page, response.id), None
        yield response, page


def _response(recorder: Recorder, page: Page) -> Record:
    url = page.truth.url
    if page.form == "revisit":
        response = FORMS["html"](page.content)
        head = response.encode()[: -len(response.body)]
        more = (
            ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"),
            ("WARC-Refers-To-Target-URI", url),
            ("WARC-Refers-To-Date", timestamp(SPRING)),
            ("WARC-Payload-Digest", digest(response.payload)),
        )
        return recorder.record("revisit", page.date, head, _HTTP_RESPONSE, url, more=more)
    response = FORMS["html" if page.form == "truncated" else page.form](page.content)
    return recorder.record("response", page.date, response.encode(), _HTTP_RESPONSE, url, response.payload)


def _request(recorder: Recorder, page: Page, response: str) -> Record:
    address = urlsplit(page.truth.url)
    head = f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nUser-Agent: sample/1.0\r\n\r\n"
    more = (("WARC-Concurrent-To", response),)
    return recorder.record("request", page.date, head.encode(), _HTTP_REQUEST, page.truth.url, more=more)
