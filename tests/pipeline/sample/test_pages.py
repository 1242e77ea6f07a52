"""Each page is what its truth says."""

import ipaddress
from collections import Counter, defaultdict

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from pipeline.sample.grammar import LANGUAGES
from pipeline.sample.pages import ARTICLES, BLOCKED_HOSTS, ODD_FORMS
from pipeline.sample.planted import PLANTED


def kind(pages, name):
    return [page for page in pages if page.truth["kind"] == name]


def test_every_kind_and_language_is_there(truth):
    kinds = Counter(one["kind"] for one in truth)
    assert all(kinds[planted.kind] == planted.count for planted in PLANTED)
    assert all(kinds[form] >= count for form, _, count, _, _ in ODD_FORMS)
    articles = Counter(one["language"] for one in truth if one["kind"] == "article")
    assert set(articles) == set(LANGUAGES)
    assert 0.5 < ARTICLES["en"] / sum(ARTICLES.values()) < 0.6


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.kind)
def test_the_rules_of_its_stage_drop_a_bad_page(planted, pages, published_rules):
    if drops := published_rules.get(planted.stage):
        assert all(drops(page.text) for page in kind(pages, planted.kind))


@pytest.mark.parametrize("name", ["insults", "blocked_host", "contacts", "notices"])
def test_only_its_own_stage_can_find_some_kinds(name, pages, published_rules):
    for page in kind(pages, name):
        assert not any(drops(page.text) for drops in published_rules.values())


def test_some_pages_are_dropped_by_the_fineweb_rules_alone(pages, published_rules):
    for page in kind(pages, "headlines") + kind(pages, "short_lines"):
        assert [stage for stage, drops in published_rules.items() if drops(page.text)] == ["fineweb"]


def test_the_main_text_survives_extraction_and_the_furniture_does_not(pages):
    articles = [page for page in pages if page.truth["contains"]]
    assert len(articles) > 300
    sentences = sum(len(page.truth["contains"]) for page in articles)
    found = sum(sentence in page.text for page in articles for sentence in page.truth["contains"])
    assert found >= 0.99 * sentences
    furniture = [(page, text) for page in articles for text in page.truth["absent"]]
    assert all(text in page.html.replace("&#x27;", "'") for page, text in furniture if not page.truth["why"])
    assert sum(text in page.text for page, text in furniture) <= 0.01 * len(furniture)


def test_the_words_of_an_article_survive_extraction(pages):
    for page in kind(pages, "article"):
        if page.truth["language"] != "ja":
            assert len(page.text.split()) >= 0.95 * page.truth["words"]


def test_duplicates_are_what_they_are_called(pages):
    clusters = defaultdict(list)
    for page in pages:
        if page.truth["cluster"] is not None:
            clusters[page.truth["cluster"]].append(page)
    seen = Counter()
    for members in clusters.values():
        (keeper,) = [page for page in members if page.truth["outcome"] == "kept"]
        for page in members:
            relation = page.truth["duplicate"]
            seen[relation] += 1
            if relation == "mirror":
                assert page.html == keeper.html and page.truth["url"] != keeper.truth["url"]
            elif relation == "recrawl":
                assert page.truth["url"] == keeper.truth["url"] and page.truth["date"] < keeper.truth["date"]
            elif relation == "near_duplicate":
                assert page.text != keeper.text and page.truth["url"] != keeper.truth["url"]
    assert min(seen.values()) >= 10 and set(seen) == {None, "mirror", "recrawl", "near_duplicate"}


def test_only_a_recrawl_has_the_url_of_another_page(truth):
    by_url = defaultdict(list)
    for one in truth:
        by_url[one["url"]].append(one["duplicate"])
    assert all(
        len(members) == 1 or sorted(map(str, members)) == ["None", "recrawl"] for members in by_url.values()
    )


def test_planted_addresses_stand_in_the_text(pages):
    for page in kind(pages, "contacts"):
        emails, public, private = (page.truth[name] for name in ("emails", "public_ips", "private_ips"))
        assert emails and public
        assert all(address in page.text for address in (*emails, *public, *private))
        assert all(ipaddress.ip_address(address).is_global for address in public)
        assert all(ipaddress.ip_address(address).is_private for address in private)


def test_planted_insults_stand_in_the_text(pages):
    for page in kind(pages, "insults"):
        assert page.truth["insults"]
        assert all(insult in page.text for insult in page.truth["insults"])
        found = sum(page.text.count(insult) for insult in page.truth["insults"])
        assert found / len(page.text.split()) > 0.01


def test_planted_notices_are_lines_of_their_own(pages):
    for page in kind(pages, "notices"):
        lines = page.text.split("\n")
        assert all(notice in lines for notice in page.truth["trimmed"])


def test_blocked_hosts_have_no_other_pages(truth):
    for one in truth:
        host = one["url"].split("/")[2].removeprefix("www.")
        assert (host in BLOCKED_HOSTS) == (one["kind"] == "blocked_host")


def test_odd_responses_are_odd(sample, truth):
    kinds = {one["record"]: one["kind"] for one in truth}
    seen = Counter()
    for path in sample.glob("spring-*"):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
                odd = kinds[record.record_id.strip("<>")]
                headers, body = record.http_headers, record.reader.read()
                seen[odd] += 1
                if odd == "no_status_line":
                    continue
                form = {
                    "not_found": headers.status_code == 404,
                    "redirect": headers.status_code == 301 and not body,
                    "image": headers["Content-Type"] == "image/png" and body.startswith(b"\x89PNG"),
                    "no_body": not body,
                    "utf_16": body.startswith(b"\xff\xfe"),
                    "windows_1252_as_utf_8": "utf-8" in headers["Content-Type"] and _undecodable(body),
                    "windows_1252": "windows-1252" in headers["Content-Type"] and _undecodable(body),
                    "windows_1252_undeclared": "charset" not in headers["Content-Type"]
                    and _undecodable(body),
                    "dechunked": "Transfer-Encoding" in headers and body.startswith(b"<!DOCTYPE"),
                    "broken_chunks": "Transfer-Encoding" in headers and b"\r\nzz\r\n" in body,
                    "damaged_gzip": "Content-Encoding" in headers and body.endswith(b"\xff" * 100),
                    "bad_markup": b"</body>" not in body,
                }
                assert form.get(odd, True), odd
    assert all(
        seen[form] == count
        for form, _, count, _, _ in ODD_FORMS
        if form not in ("revisit", "truncated", "utf_16")
    )


def _undecodable(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False
