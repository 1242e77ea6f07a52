"""The web itself: every page of the sample, with its truth and the form in which its server sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from pipeline.sample.articles import Article, correct, write_article
from pipeline.sample.furniture import CHARSET, Site, article_blocks, make_sites, paragraph, set_page
from pipeline.sample.grammar import LANGUAGES, Speaker, load_grammar, load_planted
from pipeline.sample.planted import drafts
from pipeline.sample.truth import Outcome, Truth
from pipeline.sample.warc import timestamp

SPRING = datetime(2023, 3, 14, 6, 0, tzinfo=UTC)
AUTUMN = datetime(2023, 10, 3, 6, 0, tzinfo=UTC)

BLOCKED_HOSTS = ("lucky-sevens-casino.example", "bets-all-night.test", "velvet-rooms.invalid")

# Articles by language, and the shortest, usual and longest of them, in words.
ARTICLES = {"en": 150, "de": 24, "fr": 20, "es": 20, "it": 18, "ru": 18, "ja": 15}
WORDS = dict.fromkeys(ARTICLES, (150, 220, 370)) | {"en": (150, 260, 880), "ja": (120, 140, 190)}

MIRRORS, NEAR_DUPLICATES, RECRAWLS, NEW_IN_AUTUMN = 14, 18, 18, 20

# The form in which a server sends an article, its language, how many of them, and what should come of it.
ODD_FORMS: tuple[tuple[str, str, int, Outcome, str | None], ...] = (
    ("plain_text", "en", 3, "kept", None),
    ("bad_markup", "en", 4, "kept", None),
    ("dechunked", "en", 1, "kept", "chunked by its header, not chunked in truth"),
    ("windows_1252", "de", 3, "kept", None),
    ("windows_1252_undeclared", "fr", 2, "kept", "names no charset"),
    ("windows_1252_as_utf_8", "de", 2, "kept", "declares a charset that is not its own"),
    ("utf_16", "ru", 1, "kept", None),
    ("utf_16", "en", 1, "kept", None),
    ("broken_chunks", "en", 1, "kept", "its chunks end before the page does, after the article"),
    ("damaged_gzip", "en", 1, "unreadable", "the body is not the gzip data that its header says"),
    ("no_status_line", "en", 1, "unreadable", "not an HTTP response"),
    ("truncated", "en", 1, "unreadable", "the file ends inside its record"),
    ("no_body", "en", 2, "dropped", "the body is empty"),
    ("not_found", "en", 2, "skipped", "status 404"),
    ("redirect", "en", 2, "skipped", "status 301"),
    ("image", "en", 2, "skipped", "not a text"),
    ("revisit", "en", 2, "skipped", "says that an earlier record still holds"),
)


@dataclass(frozen=True)
class Page:
    """A page to be crawled: its content, and how it is sent (a key of `FORMS`, `truncated` or `revisit`)."""

    content: str
    form: str
    date: datetime
    truth: Truth


@dataclass(frozen=True)
class _Published:
    """An article on its site."""

    article: Article
    site: Site
    page: Page


class Web:
    """Makes pages, and remembers which addresses are taken."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"assay sample web {seed}")
        self.speakers: dict[str, Speaker] = {}
        self.sites: dict[str, list[Site]] = {}
        for language in LANGUAGES:
            random = Random(f"assay sample {language} {seed}")
            planted = load_planted() if language == "en" else None
            speaker = Speaker(load_grammar(language), random, planted)
            self.speakers[language] = speaker
            self.sites[language] = make_sites(speaker, random)
        self._taken: set[str] = set()

    def publish(self, language: str, words: int, crawl: datetime, kind: str = "article") -> _Published:
        """A new article on one of the sites of its language."""
        article = write_article(self.speakers[language], words)
        site = self.random.choice(self.sites[language])
        return self.show(article, site, self.address(site.host, article.title), crawl, kind)

    def show(self, article: Article, site: Site, url: str, crawl: datetime, kind: str) -> _Published:
        """The article at this address."""
        speaker = self.speakers[article.language]
        html = set_page(site, article.title, article_blocks(article), speaker)
        truth = Truth(
            url=url,
            date="",
            kind=kind,
            language=article.language,
            words=article.words,
            contains=tuple(self.random.sample(article.sentences, 3)),
            absent=site.surroundings,
        )
        form = self.random.choices(("html", "gzipped", "chunked"), (12, 2, 2))[0]
        return _Published(article, site, self.page(html, form, crawl, truth))

    def page(self, content: str, form: str, crawl: datetime, truth: Truth) -> Page:
        """The page, fetched at some second of the crawl's first day."""
        date = crawl + timedelta(seconds=self.random.randrange(12 * 3600))
        return Page(content, form, date, replace(truth, date=timestamp(date)))

    def address(self, host: str, title: str) -> str:
        """A new URL on the host, with as much of the title as ASCII can hold."""
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "page"
        while True:
            url = f"https://{host}/{self.random.randint(2005, 2022)}/{self.random.randint(1, 12):02}/{slug}"
            if url not in self._taken:
                self._taken.add(url)
                return url
            slug += "-2"

    def elsewhere(self, site: Site) -> Site:
        """Another site of the same language."""
        return self.random.choice([other for other in self.sites[site.language] if other != site])


def build_web(seed: int) -> list[Page]:
    """Every page of the sample. Seeds differ in their texts, the kinds of pages stay the same."""
    web = Web(seed)
    articles = list(_articles(web))
    pages = [published.page for published in articles]
    places = web.random.sample(range(len(articles)), MIRRORS + NEAR_DUPLICATES + RECRAWLS)
    for number, place in enumerate(places):
        cluster = f"cluster-{number:02}"
        first = articles[place]
        if number < MIRRORS:
            pages[place], *more = _mirrored(web, first, cluster)
        elif number < MIRRORS + NEAR_DUPLICATES:
            pages[place], *more = _nearly_repeated(web, first, cluster)
        else:
            pages[place], *more = _crawled_again(web, first, cluster)
        pages += more
    pages += _planted(web)
    pages.append(_mixed_languages(web))
    pages += _odd(web)
    pages += (web.publish("en", 200, AUTUMN).page for _ in range(NEW_IN_AUTUMN))
    return pages


def _articles(web: Web) -> Iterator[_Published]:
    for language, count in ARTICLES.items():
        shortest, usual, longest = WORDS[language]
        for _ in range(count):
            yield web.publish(language, int(web.random.triangular(shortest, longest, usual)), SPRING)


def _mirrored(web: Web, first: _Published, cluster: str) -> Iterator[Page]:
    """The page, and the same bytes at one or two other addresses."""
    truth = replace(first.page.truth, cluster=cluster)
    yield replace(first.page, truth=truth)
    for _ in range(web.random.randint(1, 2)):
        url = web.address(web.elsewhere(first.site).host, first.article.title)
        mirror = replace(
            truth,
            url=url,
            kind="mirror",
            outcome="dropped",
            stage="dedup_exact",
            why=f"the same page as {truth.url}",
            duplicate="mirror",
        )
        yield web.page(first.page.content, first.page.form, SPRING, mirror)


def _nearly_repeated(web: Web, first: _Published, cluster: str) -> Iterator[Page]:
    """The page, and its article with light changes on another site."""
    yield replace(first.page, truth=replace(first.page.truth, cluster=cluster))
    article = correct(first.article, web.speakers[first.article.language])
    site = web.elsewhere(first.site)
    copy = web.show(article, site, web.address(site.host, article.title), SPRING, "near_duplicate").page
    yield replace(
        copy,
        truth=replace(
            copy.truth,
            outcome="dropped",
            stage="dedup_minhash",
            why=f"nearly the same article as {first.page.truth.url}",
            cluster=cluster,
            duplicate="near_duplicate",
        ),
    )


def _crawled_again(web: Web, first: _Published, cluster: str) -> Iterator[Page]:
    """The page as it was in spring, and as it is in autumn, corrected."""
    url = first.page.truth.url
    old = replace(
        first.page.truth,
        outcome="dropped",
        stage="dedup_url",
        why="the autumn crawl has a newer version",
        cluster=cluster,
        duplicate="recrawl",
    )
    yield replace(first.page, truth=old)
    article = correct(first.article, web.speakers[first.article.language])
    new = web.show(article, first.site, url, AUTUMN, "article").page
    yield replace(new, truth=replace(new.truth, cluster=cluster))


def _planted(web: Web) -> Iterator[Page]:
    speaker = web.speakers["en"]
    for planted, draft in drafts(speaker):
        site = web.random.choice(web.sites["en"])
        if planted.kind == "blocked_host":
            host = web.random.choice(BLOCKED_HOSTS)
            site = replace(site, host=web.random.choice(("", "www.")) + host)
        truth = Truth(
            url=web.address(site.host, draft.title),
            date="",
            kind=planted.kind,
            language="en",
            outcome="edited" if planted.edited else "dropped",
            stage=planted.stage,
            why=planted.why,
            absent=site.surroundings,
        )
        html = set_page(site, draft.title, draft.blocks, speaker)
        yield web.page(html, "html", SPRING, replace(truth, **draft.facts))


def _mixed_languages(web: Web) -> Page:
    """A page with a paragraph in every language."""
    site = web.sites["en"][0]
    articles = [write_article(web.speakers[language], 50) for language in LANGUAGES]
    blocks = [paragraph(next(article.paragraphs())) for article in articles]
    truth = Truth(
        url=web.address(site.host, "In seven languages"),
        date="",
        kind="mixed_languages",
        outcome="dropped",
        stage="language_filter",
        why="a paragraph in each of seven languages",
        absent=site.surroundings,
    )
    return web.page(set_page(site, "In seven languages", blocks, web.speakers["en"]), "html", SPRING, truth)


def _odd(web: Web) -> Iterator[Page]:
    """Articles that are sent in an odd or broken form, and responses that hold no page."""
    for form, language, count, outcome, why in ODD_FORMS:
        for _ in range(count):
            published = web.publish(language, 200, SPRING, form)
            page, readable = published.page, outcome == "kept" and form != "windows_1252_as_utf_8"
            truth = replace(
                page.truth,
                outcome=outcome,
                why=why,
                stage="gopher_quality" if outcome == "dropped" else None,
                words=page.truth.words if readable else 0,
                contains=page.truth.contains if readable else (),
                absent=page.truth.absent if readable and form != "plain_text" else (),
            )
            yield replace(page, content=_content(published, form), form=form, truth=truth)


def _content(published: _Published, form: str) -> str:
    if form == "plain_text":
        return "\n\n".join((published.article.title, *published.article.paragraphs())) + "\n"
    if form.startswith(("windows", "utf_16")):
        return published.page.content.replace(CHARSET, "", 1)
    return published.page.content
