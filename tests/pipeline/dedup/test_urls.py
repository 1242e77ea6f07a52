import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.urls import _normalised, normalise_url


@pytest.mark.parametrize(
    "url, wanted",
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com:443/a#top", "https://example.com/a"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        (" http://example.com/a/./b/../c \n", "http://example.com/a/c"),
        ("http://example.com/../a/..", "http://example.com/"),
        ("http://example.com/%7euser/%e4", "http://example.com/~user/%E4"),
        ("http://Me:Pass@example.com/", "http://Me:Pass@example.com/"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("http://example.com/a?b=2&a=1", "http://example.com/a?b=2&a=1"),
        ("http://[broken/", "http://[broken/"),
        ("http://example.com:port/", "http://example.com:port/"),
        ("no url", "no url"),
    ],
)
def test_normalise_url(url: str, wanted: str) -> None:
    assert normalise_url(url) == wanted


@pytest.mark.parametrize(
    "one, other",
    [
        ("http://a.com/", "https://a.com/"),
        ("http://a.com/", "http://www.a.com/"),
        ("http://a.com/a", "http://a.com/a/"),
        ("http://a.com/a", "http://a.com/A"),
        ("http://a.com/a%2fb", "http://a.com/a/b"),
        ("http://a.com/?a=1&b=2", "http://a.com/?b=2&a=1"),
    ],
)
def test_pages_that_may_differ_are_kept_apart(one: str, other: str) -> None:
    assert normalise_url(one) != normalise_url(other)


@given(
    st.one_of(
        st.text(),
        st.text("htp:/%.?#@[]aA 2e", max_size=30),
        st.text("./a%2E", max_size=20).map("http://h/".__add__),
    )
)
def test_any_text_is_normalised_once(url: str) -> None:
    once = normalise_url(url)
    assert normalise_url(once) == once


@given(
    st.lists(
        st.sampled_from(["a", "-", ".", "/", "//", "?", ";", ":", "@", "&=", "A", "_", "1", "~", "#", "\n"])
    )
    .map("".join)
    .map("http://h".__add__)
)
def test_a_url_that_needs_no_parsing_is_what_parsing_gives(url: str) -> None:
    assert normalise_url(url) == _normalised(url.strip())
