"""A page in headless Chromium, and the promise that every page makes: it asks for nothing and complains of nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def opened(file: Path, width: int = 1280, **options: Any) -> Iterator[Any]:
    """The page of a file, as playwright has it. Fails if it asks for anything else, or logs anything."""
    browser = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip(f"needs one of {', '.join(_NAMES)}")
    sync = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    asked, said = [], []
    with sync.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri())
        yield page
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        chromium.close()
    assert asked == [file.as_uri()]
    assert said == []
    assert not wide, f"the page is wider than {width} pixels"
