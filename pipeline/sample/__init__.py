"""The embedded sample: a small web, written by a seed, with the truth about each of its pages beside it.

`languages/` holds one grammar of whole sentences for each language and `planted.yaml` the phrases of the bad pages;
`grammar.py` speaks them, `articles.py` writes articles, `furniture.py` sets them into HTML pages, `pages.py` makes
the pages of every kind, `crawl.py` puts them into responses, `warc.py` writes records, `write.py` lays out the files.
"""

from pipeline.sample.write import write_sample

__all__ = ["write_sample"]
