"""Common Crawl as a measure: how many of its crawls hold so many pages.

Pages of each crawl and the languages of CC-MAIN-2024-42: the statistics that Common Crawl publishes
(github.com/commoncrawl/cc-crawl-statistics, plots/crawlsize/monthly.csv and plots/languages.csv), read to 2024-42.
"""

from __future__ import annotations

from typing import Any

SOURCE = "Common Crawl's crawl statistics, to CC-MAIN-2024-42"
# Year: crawls, and pages of all of them in billions (1e9).
BY_YEAR = {
    2013: (2, 4.04),
    2014: (8, 22.16),
    2015: (10, 17.93),
    2016: (9, 16.96),
    2017: (12, 37.34),
    2018: (12, 36.79),
    2019: (12, 32.34),
    2020: (9, 25.82),
    2021: (9, 26.36),
    2022: (6, 18.69),
    2023: (5, 16.25),
    2024: (7, 18.76),
}
CRAWLS = sum(crawls for crawls, _ in BY_YEAR.values())
PAGES_PER_CRAWL = 1e9 * sum(pages for _, pages in BY_YEAR.values()) / CRAWLS
# Of all pages of 100 crawls to 2024-42 so many had a URL that no other page had.
DISTINCT_URLS = 0.303
# DCLM's pool (Li et al. 2024): 240 T tokens in 200 B documents.
TOKENS_PER_PAGE = 1200

# Share of the pages of CC-MAIN-2024-42, by language.
LANGUAGES = {
    "en": 0.4342,
    "ru": 0.0604,
    "de": 0.0530,
    "ja": 0.0504,
    "zh": 0.0481,
    "es": 0.0454,
    "fr": 0.0440,
    "it": 0.0253,
    "pt": 0.0231,
    "nl": 0.0181,
    "pl": 0.0181,
    "tr": 0.0124,
    "id": 0.0112,
    "cs": 0.0106,
    "vi": 0.0105,
    "ko": 0.0074,
    "fa": 0.0071,
    "sv": 0.0066,
    "uk": 0.0060,
    "ro": 0.0060,
    "el": 0.0057,
    "th": 0.0041,
    "he": 0.0025,
    "hi": 0.0021,
    "bn": 0.0012,
}


def figures() -> dict[str, Any]:
    """What the page's form needs to turn pages into crawls."""
    return {
        "source": SOURCE,
        "crawls": CRAWLS,
        "pages_per_crawl": PAGES_PER_CRAWL,
        "tokens_per_page": TOKENS_PER_PAGE,
        "by_year": [
            {"year": year, "crawls": crawls, "pages_per_crawl": 1e9 * pages / crawls}
            for year, (crawls, pages) in BY_YEAR.items()
        ],
        "languages": LANGUAGES,
    }
