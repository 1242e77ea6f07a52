"""The embedded sample: a small web, written by a seed, with the truth about each of its pages beside it.

`languages/` holds a grammar of whole sentences for each language, `planted.yaml` the phrases of the bad
pages. `grammar.py` speaks them, `articles.py` writes articles and `planted.py` the bad pages,
`furniture.py` sets both into HTML, `pages.py` puts the whole web together, each page with its `truth.py`,
`responses.py` is its servers, `warc.py` the crawler's records, and `write.py` lays out the files.
"""

from pipeline.sample.write import write_sample

__all__ = ["write_sample"]
