"""Hostile pages, against the real extractor in its real process."""

import os
import signal
import threading

import pytest

from pipeline.sources import extractor
from pipeline.sources.config import Html
from pipeline.sources.extractor import ExtractionError, Extractor
from pipeline.sources.html import extract

PAGE = "<html><body><p>A paragraph of some words.</p></body></html>"


def test_it_gives_what_the_extractor_gives() -> None:
    child = Extractor(Html(), 60)
    for page in ("", PAGE, PAGE * 3000, "ä\x00\U0001f600", "<p>" + "\ud800"):
        assert child.extract(page) == extract(page.encode("utf-8", "replace").decode(), Html())
    child.close()


def test_a_page_that_hangs_is_given_up_and_the_next_one_is_read() -> None:
    child = Extractor(Html(), 60)
    child.extract(PAGE)
    child._seconds = 0.2
    with pytest.raises(ExtractionError) as caught:
        child.extract("<div>" * 100_000)  # takes more than a minute: beyond what html.problem lets through
    assert caught.value.cause == "extraction_timeout"
    child._seconds = 60
    assert child.extract(PAGE) == extract(PAGE, Html())
    child.close()


def test_a_page_that_crashes_the_parser_is_given_up_and_the_next_one_is_read() -> None:
    child = Extractor(Html(), 60)
    child.extract(PAGE)
    assert child._child is not None
    os.kill(child._child._process.pid, signal.SIGSEGV)
    with pytest.raises(ExtractionError) as caught:
        child.extract(PAGE)
    assert caught.value.cause == "extraction_crashed" and "-11" in str(caught.value)
    assert child.extract(PAGE) == extract(PAGE, Html())
    child.close()


def test_every_thread_has_its_own_and_keeps_it() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(extractor.shared(Html(), 60)))
    thread.start()
    thread.join()
    mine = extractor.shared(Html(), 60)
    assert found[0] is not mine
    assert extractor.shared(Html(), 60) is mine
    assert extractor.shared(Html(comments=True), 60) is not mine
