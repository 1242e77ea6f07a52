"""How few documents the tokens stand for, from bins of lengths, against the documents themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from pipeline.report.build import build_report


@given(st.lists(st.integers(1, 2_000_000), min_size=1, max_size=30), st.integers(1, 3))
@settings(max_examples=30)
def test_it_is_that_of_the_documents_or_nearly(
    tmp_path_factory: pytest.TempPathFactory, tokens: list[int], hosts: int
) -> None:
    pages = [Page((9, 9, n), id=str(at), url=f"http://h{at % hosts}/") for at, n in enumerate(tokens)]
    found = build_report(write_run(tmp_path_factory.mktemp("run"), [Written(pages)]))["dominance"]
    total = sum(tokens)
    effective = total**2 / sum(n**2 for n in tokens)
    assert effective * (1 - 1e-9) <= found["documents_effective"] <= effective * 1.003
    largest = max(tokens) / total
    assert largest * (1 - 1e-9) <= found["largest_document_share"] <= largest * 1.1
    by_host = {f"h{h}": sum(tokens[h::hosts]) / total for h in range(hosts)}
    assert found["largest_host_share"] == pytest.approx(max(by_host.values()))
    assert by_host[found["largest_host"]] == pytest.approx(max(by_host.values()))


def test_one_document_is_exact(tmp_path: Path) -> None:
    pages = [Page((9, 9, 100), id="a"), Page((9, 9, 12_345), id="b")]
    found = build_report(write_run(tmp_path, [Written(pages)]))["dominance"]
    assert found["largest_document_share"] == pytest.approx(12_345 / 12_445)
    assert found["largest_host"] is None
