"""The URL filter: what a list blocks and what it leaves, for any text that stands in a URL column."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters import urls
from filters.resources import fetch, read_entries
from filters.url_filter import HashList, UrlFilter


def opened(**lists: object) -> UrlFilter:
    """A stage with these entries in the lists, or with these files."""
    as_entries = {k: {"entries": v} if isinstance(v, list) else v for k, v in lists.items()}
    stage = UrlFilter.model_validate(as_entries)
    stage.load({name: fetch(resource, Path("unused")) for name, resource in stage.resources().items()})
    return stage


def reasons(stage: UrlFilter, *column: str | None) -> list[list[str]]:
    measures = stage.measure(pa.record_batch({"url": pa.array(column, pa.string())}))
    assert all(len(values) == len(column) for values in measures.values())
    fired = [(rule.reason, rule.fires(measures[rule.measure])) for rule in stage.rules()]
    return [[reason for reason, hits in fired if hits[row]] for row in range(len(column))]


def blocks(stage: UrlFilter, url: str | None) -> list[str]:
    return reasons(stage, url)[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "https://EXAMPLE.org/",
        "https://www.example.org/a?b#c",
        "http://example.org:8080/a",
        "http://user:pass@example.org/",
        "http://example.org./a",
        "//example.org/a",
        "example.org/a",
        " http://a.b.example.org ",
        "http://ex%61mple.org/",
        "http://other.test@example.org/",
        "ftp://example.org\\a",
    ],
)
def test_a_domain_is_found_however_it_is_written(url: str) -> None:
    for entry in ("example.org", "EXAMPLE.ORG.", "https://example.org/", "example.org:80"):
        assert blocks(opened(domains=[entry]), url) == ["blocked_domain"]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "notexample.org",
        "http://example.org.test/",
        "http://test/example.org",
        "http://test/?u=http://example.org/",
        "http://example.org@test/",
        "http://org/",
        "mailto:",
        "http://",
        "http://[::1",
        "http://[]/",
        "://",
        "http://" + "a" * 70 + ".é/",
        "http://..../",
        "\0",
    ],
)
def test_others_pass(url: str | None) -> None:
    assert blocks(opened(domains=["example.org", ""], urls=["example.org/a", ""]), url) == []


def test_unicode_and_punycode_are_one_host() -> None:
    forms = [
        "bücher.example",
        "BÜCHER.example",
        "xn--bcher-kva.example",
        "b%C3%BCcher.example",
        "bücher。example",
    ]
    for entry in forms:
        stage = opened(domains=[entry])
        assert reasons(stage, *(f"http://www.{form}/" for form in forms)) == [["blocked_domain"]] * len(forms)


def test_a_url_and_what_continues_it() -> None:
    stage = opened(urls=["http://www.example.org/a/", "example.net/p?id=3", "example.com"])
    blocked = [
        "https://example.org/a",
        "http://www.example.org/a/",
        "http://example.org/a/b",
        "http://example.org/a?b",
        "http://example.org/a#b",
        "http://example.net/p?id=3&x=1",
        "http://example.com/anything",
    ]
    passing = [
        "http://example.org/",
        "http://example.org/ab",
        "http://example.org/A",
        "http://sub.example.org/a",
        "http://example.net/p?id=33",
        "http://example.net/p",
        "http://sub.example.com/",
    ]
    assert reasons(stage, *blocked) == [["blocked_url"]] * len(blocked)
    assert reasons(stage, *passing) == [[]] * len(passing)


def test_one_strict_word_or_several_soft_ones() -> None:
    stage = opened(strict_words=["Casino"], soft_words=["bet", "win"])
    assert blocks(stage, "http://a.test/best-CASINO.html") == ["blocked_word"]
    assert blocks(stage, "http://a.test/%43asino") == ["blocked_word"]
    assert blocks(stage, "http://casinos.test/") == []
    assert blocks(stage, "http://bet.test/window") == []
    assert blocks(stage, "http://bet.test/win_big") == ["blocked_soft_words"]
    assert blocks(stage, "http://bet.test/bet") == ["blocked_soft_words"]
    assert "blocked_soft_words" not in [rule.reason for rule in opened(min_soft_words=None).rules()]


def test_ip_addresses_as_hosts() -> None:
    hosts = ["http://192.0.2.1:80/", "http://[2001:db8::1]/", "http://example.org/", "http://1.2.3/", None]
    assert reasons(opened(), *hosts) == [[]] * 5
    assert reasons(opened(ip_hosts=False), *hosts) == [["ip_host"], ["ip_host"], [], [], []]
    assert blocks(opened(domains=["192.0.2.1", "2.1"]), "http://192.0.2.1/") == ["blocked_domain"]
    assert blocks(opened(domains=["2.1"]), "http://192.0.2.1/") == []


HOSTS = st.lists(st.sampled_from(["a", "b", "www", "org", "1"]), max_size=4).map(".".join)
PATHS = st.text("/?#&ab", max_size=6)


@given(st.lists(HOSTS, max_size=3), st.lists(st.tuples(HOSTS, PATHS), max_size=5))
def test_domains_are_as_defined(blocked: list[str], documents: list[tuple[str, str]]) -> None:
    stage = opened(domains=blocked)
    expected = [
        ["blocked_domain"]
        if any(host == entry or host.endswith("." + entry) for entry in blocked if entry)
        else []
        for host, _ in documents
    ]
    assert reasons(stage, *(f"http://{host}/{path}" for host, path in documents)) == expected


@given(st.lists(st.text("/?#&ab", min_size=1, max_size=4), max_size=3), st.lists(PATHS, max_size=5))
def test_url_prefixes_are_as_defined(blocked: list[str], documents: list[str]) -> None:
    stage = opened(urls=[f"e.org/{path}" for path in blocked])

    def continues(path: str, entry: str) -> bool:
        entry, path = ("/" + entry).rstrip("/"), "/" + path
        return path.startswith(entry) and path[len(entry) :][:1] in ("", "/", "?", "#", "&", ";")

    expected = [
        ["blocked_url"] if any(continues(path, entry) for entry in blocked) else [] for path in documents
    ]
    assert reasons(stage, *(f"https://www.e.org/{path}" for path in documents)) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("htp:/@[].%?#\\0a白ß\u3002", max_size=20))
def test_any_text_has_an_answer(url: str) -> None:
    stage = opened(domains=["example.org"], urls=["example.org/a"], strict_words=["zzz"], ip_hosts=False)
    found = blocks(stage, url)
    assert found in ([], ["ip_host"])
    location = urls.locate(url)
    whole = urls.prefix(location)
    assert all(location.host.endswith(domain) for domain in urls.domains(location.host))
    assert all(whole.startswith(prefix) for prefix in urls.prefixes(location))


_PIECES = [
    "http",
    "https",
    "://",
    "//",
    "/",
    "a.b",
    ".",
    "example.org",
    "-",
    "_",
    "@",
    "u:p@",
    ":80",
    "?q=1",
    "#f",
    "\\",
    "É",
    "%20",
    "A",
    "[::1]",
    "x",
]


@given(st.lists(st.sampled_from([*_PIECES, " ", "\n", "\x1f", "\u3000"]), max_size=8), st.booleans())
def test_a_plain_url_is_located_as_any_other(pieces: list[str], with_scheme: bool) -> None:
    url = ("http://" if with_scheme else "") + "".join(pieces)
    parts = urls._PARTS.fullmatch(url.strip())
    assert parts is not None
    assert urls.locate(url) == (urls.normal_host(parts[1].rpartition("@")[2]), parts[2])


@given(st.lists(st.text("ab", max_size=3)), st.lists(st.lists(st.text("ab", max_size=3))))
def test_a_hash_list_counts_members(entries: list[str], groups: list[list[str]]) -> None:
    expected = [sum(member in set(entries) - {""} for member in group) for group in groups]
    assert HashList(entries).hits(groups).tolist() == expected


def test_a_million_domains_take_eight_megabytes() -> None:
    entries = HashList(f"host{number}.example" for number in range(1_000_000))
    assert len(entries) == 1_000_000 and entries._hashes.nbytes == 8_000_000
    assert entries.hits([["host999999.example", "host1000000.example"]]).tolist() == [1]


def test_lists_that_a_user_would_download(shared_data: Path) -> None:
    folder = shared_data / "wordlists" / "ut1" / "blacklists" / "gambling"
    stage = opened(
        domains={"files": [{"location": str(folder / "domains")}]},
        urls={"files": [{"location": str(folder / "urls")}]},
    )
    hosts = list(read_entries(folder / "domains"))[::100]
    paths = list(read_entries(folder / "urls"))
    assert all(
        "blocked_domain" in found for found in reasons(stage, *(f"http://www.{host}/x" for host in hosts))
    )
    assert all("blocked_url" in found for found in reasons(stage, *(f"https://{path}?x" for path in paths)))
    assert blocks(stage, "https://assay.example/") == []
