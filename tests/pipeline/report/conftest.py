"""Reports of small runs, of which there are hundreds here."""

from __future__ import annotations

import pytest

from pipeline.planning.unseen import linear_program


@pytest.fixture(autouse=True)
def closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far a larger corpus is bounded takes most of a small report's time where SciPy is there. These tests look at
    other figures; both bounds are compared in the tests of planning."""
    monkeypatch.setattr(linear_program, "AVAILABLE", False)
