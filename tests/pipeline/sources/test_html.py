import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.config import Html, Limits
from pipeline.sources.html import extract, problem

PAGE = """<html><head><title>T</title><script>var hidden = 1;</script></head><body>
<nav><ul><li><a href="/a">Home</a></li><li><a href="/b">About us</a></li></ul></nav>
<article><h1>The heading</h1><p>The first paragraph tells of rivers and of the towns beside them, at some
length.</p> <p>The second one is about ferries, of which there were many before the bridges were
built.</p></article> <footer>Copyright</footer></body></html>"""


@pytest.mark.parametrize("extractor", ["resiliparse", "trafilatura"])
def test_the_main_content_is_kept_with_its_paragraphs(extractor: str) -> None:
    if extractor == "trafilatura":
        pytest.importorskip("trafilatura")
    text = extract(PAGE, Html(extractor=extractor))  # type: ignore[arg-type]
    lines = [line for line in text.split("\n") if line.strip()]
    assert any("rivers" in line for line in lines) and any("ferries" in line for line in lines)
    assert not any("rivers" in line and "ferries" in line for line in lines)
    assert "hidden" not in text and "About us" not in text


def test_all_visible_text_if_asked() -> None:
    assert "About us" in extract(PAGE, Html(main_content=False))


@pytest.mark.parametrize(
    "page", ["", " ", "\x00", "<", "<p", "<!--", "<html></html>", "&#0;&#xd800;&#x110000;", "<![CDATA["]
)
def test_pages_of_nothing_have_a_text(page: str) -> None:
    extract(page, Html()).encode()


@given(st.text())
def test_any_text_is_a_page(page: str) -> None:
    extract("<p>" + page, Html()).encode()


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        ("<div>" * 101, "html_too_deep"),
        ("<b><i>" * 60, "html_too_deep"),
        ("<div>" * 99 + "<p>x" * 510_000, "html_too_deep"),
        ("<p " + "a " * 5000 + ">", "html_too_many_attributes"),
        ("<P " + "a='1 2' " * 5000, "html_too_many_attributes"),
        ("<p " + 'a="' * 5000, "html_too_many_attributes"),
    ],
)
def test_what_a_parser_would_take_too_long_for(page: str, cause: str) -> None:
    found = problem("<html>" + page + "x" * 9000, Limits(html_depth=100, html_attributes=100))
    assert found is not None and found[0] == cause


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 99 + "</div>" * 99,
        "<div><b>x</b></div>" * 1000,
        "<div>" * 50 + "<p>x" * 100_000,
        "<p>one<p>two<br><li>three<tr><td>" * 1000,
        "<img src='data:" + "a b=" * 9000 + "'>",
        "<p>" + "a=1 " * 9000,
        "< " + "a=1 " * 9000,
        "1 < 2 " * 9000,
    ],
)
def test_what_only_looks_like_it(page: str) -> None:
    assert problem(page, Limits(html_depth=100, html_attributes=100)) is None
