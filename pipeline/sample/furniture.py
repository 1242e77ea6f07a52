"""Pages as they come from a web site: an article, and everything that stands around it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from random import Random
from string import Template

from pipeline.sample.articles import Article
from pipeline.sample.grammar import Speaker, Text

CHARSET = '<meta charset="utf-8">'
_SCRIPTS = """<script>
  window.settings = { lang: "LANG", ads: false };
  (function () {
    if (!localStorage.getItem("seen")) { localStorage.setItem("seen", "1"); }
  })();
</script>"""
_STYLE = "<style>body { margin: 0 auto; max-width: 60em } nav li { display: inline }</style>"

# What is inside <body>, in four tastes of markup: of 2020, of 2010, of a blog, and as little as will do.
_LAYOUTS = (
    """<header class="site-header"><a class="logo" href="/">$site</a>
<nav class="main-nav"><ul>$nav</ul></nav></header>
<main><article>
<h1>$title</h1>
$body
</article>
<aside class="sidebar"><h3>$related</h3><ul>$links</ul></aside></main>
<footer class="site-footer"><p>$footer</p><ul>$imprint</ul></footer>
<div class="cookie-banner" id="cookie-banner"><p>$cookie</p></div>""",
    """<div id="header"><div class="logo"><a href="/">$site</a></div></div>
<div id="navigation" class="nav"><ul>$nav</ul></div>
<div id="content" class="content">
<h1>$title</h1>
$body
<div class="share-buttons"><a href="#share">$share</a></div>
</div>
<div id="sidebar" class="sidebar"><h4>$related</h4><ul>$links</ul></div>
<div id="footer" class="footer">$footer<ul>$imprint</ul></div>
<div class="cookie-notice" role="dialog">$cookie</div>""",
    """<div class="cookie-consent" role="dialog"><p>$cookie</p></div>
<header role="banner"><div class="logo"><a href="/">$site</a></div></header>
<nav role="navigation"><ul>$nav</ul></nav>
<div class="site-main"><article class="post">
<header class="entry-header"><h1 class="entry-title">$title</h1></header>
<div class="entry-content">
$body
</div>
</article></div>
<aside class="widget-area"><h2>$related</h2><ul>$links</ul></aside>
<footer role="contentinfo"><p>$footer</p><ul>$imprint</ul></footer>""",
    """<nav><ul>$nav</ul></nav>
<section id="main">
<h2>$title</h2>
$body
</section>
<nav class="related"><h4>$related</h4><ul>$links</ul></nav>
<footer>$footer<ul>$imprint</ul></footer>
<div id="cookie-banner" class="cookie-banner">$cookie</div>""",
)


@dataclass(frozen=True)
class Site:
    """A web site: its host, its name, its menu and its taste in markup."""

    host: str
    name: str
    language: str
    menu: tuple[str, ...]
    footer: str
    cookie: str
    layout: int

    @property
    def surroundings(self) -> tuple[str, ...]:
        """Texts that stand on every page of the site and belong to no article."""
        return (self.footer, self.cookie)


def make_sites(speaker: Speaker, random: Random) -> list[Site]:
    """The sites of a language: one for each of its hosts."""
    sites = []
    for number, host in enumerate(speaker.grammar.chrome["host"]):
        text = Text(speaker, random.choice(sorted(speaker.grammar.topics)))
        labels = speaker.grammar.chrome["nav"]
        menu = random.sample(labels, random.randint(5, len(labels)))
        name, footer, cookie = text.say("masthead"), text.say("footer"), text.say("cookie")
        sites.append(
            Site(host, name, speaker.grammar.language, tuple(menu), footer, cookie, number % len(_LAYOUTS))
        )
    return sites


def article_blocks(article: Article) -> list[str]:
    """The article as HTML blocks, without its title."""
    blocks = [f'<p class="byline">{escape(article.byline)}</p>', f"<p><em>{escape(article.lead)}</em></p>"]
    between = "" if article.language == "ja" else " "
    for section in article.sections:
        if section.heading is not None:
            blocks.append(f"<h2>{escape(section.heading)}</h2>")
        blocks += [paragraph(between.join(sentences)) for sentences in section.paragraphs]
    return blocks


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def lines(texts: list[str]) -> str:
    """One paragraph, a line break after each text."""
    return "<p>" + "<br>\n".join(escape(text) for text in texts) + "</p>"


def set_page(site: Site, title: str, blocks: list[str], speaker: Speaker) -> str:
    """The HTML page: the blocks under their title, inside the furniture of the site."""
    text = Text(speaker, speaker.random.choice(sorted(speaker.grammar.topics)))
    related = [text.say("title") for _ in range(speaker.random.randint(3, 6))]
    parts = {
        "site": escape(site.name),
        "nav": _links(site.menu),
        "title": escape(title),
        "body": "\n".join(blocks),
        "share": escape(text.say("share")),
        "related": escape(text.say("related")),
        "links": _links(related),
        "footer": escape(site.footer),
        "imprint": _links(speaker.grammar.chrome["imprint"]),
        "cookie": escape(site.cookie),
    }
    body = Template(_LAYOUTS[site.layout]).substitute(parts)
    return f"""<!DOCTYPE html>
<html lang="{site.language}">
<head>{CHARSET}
<title>{escape(title)} - {escape(site.name)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="og:site_name" content="{escape(site.name)}">
<link rel="stylesheet" href="/style.css">
{_STYLE}
{_SCRIPTS.replace("LANG", site.language)}
</head>
<body>
{body}
</body>
</html>
"""


def _links(labels: tuple[str, ...] | list[str]) -> str:
    return "".join(
        f'<li><a href="/{number}.html">{escape(label)}</a></li>' for number, label in enumerate(labels, 1)
    )
