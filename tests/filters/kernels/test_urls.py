"""The hashes of parts of URLs against the parts that `filters.urls` gives."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from filters import urls
from filters.kernels import urls as kernels
from filters.kernels.buffers import text_buffers

HOSTS = st.lists(st.sampled_from(["a", "", "www", "org", "1", "白", "ß"]), max_size=6).map(".".join)
PATHS = st.text("/?#&;ab%20é", max_size=12)
LOCATIONS = st.lists(st.builds(urls.Location, HOSTS | st.text(), PATHS | st.text()), max_size=5)


def buffers(texts: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
    return text_buffers(pa.array(["left out", *texts], pa.large_string())[1:])


def hashed(groups: Iterable[Iterable[str]], backwards: bool = False) -> list[list[int]]:
    return [
        kernels.hash_strings(*buffers(filter(None, group)), backwards=backwards).tolist() for group in groups
    ]


def split(hashes: np.ndarray, ends: np.ndarray) -> list[list[int]]:
    return [part.tolist() for part in np.split(hashes, ends[1:])[:-1]]


@given(LOCATIONS)
@example([urls.Location("1.2.3.4", "/"), urls.Location("a..b", ""), urls.Location("www.a", "//?a//#")])
def test_domains_and_prefixes(locations: list[urls.Location]) -> None:
    hosts, paths = (buffers(part) for part in ([each[k] for each in locations] for k in (0, 1)))
    whole = np.array([urls.is_ip(host) for host, _ in locations], np.bool_)
    found = [sorted(hashes) for hashes in split(*kernels.hash_domains(*hosts, whole))]
    assert found == [sorted(h) for h in hashed((urls.domains(host) for host, _ in locations), backwards=True)]
    assert split(*kernels.hash_prefixes(*hosts, *paths)) == hashed(map(urls.prefixes, locations))


@given(st.lists(PATHS | st.text() | st.text("aA1_%20ß½٣ \0", max_size=12), max_size=5))
def test_words(texts: list[str]) -> None:
    found = split(*kernels.hash_words(*buffers(map(urls.spaced_words, texts))))
    assert found == hashed(map(urls.words, texts))


@given(st.lists(st.text()), st.booleans())
def test_different_strings_have_different_hashes(texts: list[str], backwards: bool) -> None:
    hashes = kernels.hash_strings(*buffers(texts), backwards)
    assert len(set(hashes.tolist())) == len(set(texts))


def test_a_hostile_url_takes_one_pass() -> None:
    many = buffers(["/a." * 500_000])
    hosts, ends = kernels.hash_domains(*many, np.zeros(1, np.bool_))
    assert len(hosts) == ends[1] == 500_000
    assert len(kernels.hash_prefixes(*buffers(["e.org"]), *many)[0]) == 500_001
