"""Published funnels: whole, in one unit, and never rising."""

from __future__ import annotations

import pytest

from pipeline.errors import UserError
from pipeline.planning import crawls, funnels


@pytest.mark.parametrize("entry", funnels.figures(), ids=lambda entry: entry["name"])
def test_each_funnel_falls(entry: dict) -> None:
    left = [stage["left"] for stage in entry["stages"] if stage["left"] is not None]
    assert left == sorted(left, reverse=True)
    assert left[-1] > 0 and left[0] < 1
    assert entry["unit"] in ("documents", "tokens", "bytes")
    assert entry["source"] and entry["raw"] and entry["final"]


@pytest.mark.parametrize("name", funnels.plannable())
def test_a_funnel_in_tokens_ends_with_its_tokens(name: str) -> None:
    one = funnels.funnel(name.upper())
    assert one.final_tokens and one.amounts
    if one.unit == "tokens":
        assert one.stages[-1][1] == pytest.approx(one.final_tokens / one.amounts["tokens"], rel=0.01)


@pytest.mark.parametrize("name", ["dolma", "none"])
def test_what_cannot_be_planned_by(name: str) -> None:
    with pytest.raises(UserError, match=r"no published funnel.*fineweb.*dclm"):
        funnels.funnel(name)


def test_the_crawls_add_up() -> None:
    assert crawls.CRAWLS == 101
    assert pytest.approx(2.707e9, rel=0.001) == crawls.PAGES_PER_CRAWL
    assert 0.8 < sum(crawls.LANGUAGES.values()) < 1
