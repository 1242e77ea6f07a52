"""Articles: a title, a byline, and paragraphs of sentences that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from pipeline.sample.grammar import Speaker, Text

SECTION_WORDS = 380  # one topic has no more to say without repeating itself


@dataclass(frozen=True)
class Section:
    heading: str | None
    paragraphs: tuple[tuple[str, ...], ...]  # each of sentences


@dataclass(frozen=True)
class Article:
    language: str
    topic: str
    title: str
    lead: str
    byline: str
    sections: tuple[Section, ...]

    def paragraphs(self) -> Iterator[str]:
        """The prose, without title, byline and headings."""
        between = "" if self.language == "ja" else " "
        for section in self.sections:
            for sentences in section.paragraphs:
                yield between.join(sentences)

    @property
    def words(self) -> int:
        return sum(word_count(paragraph, self.language) for paragraph in self.paragraphs())

    @property
    def sentences(self) -> list[str]:
        return [s for section in self.sections for paragraph in section.paragraphs for s in paragraph]


def word_count(text: str, language: str) -> int:
    """Words between spaces; of Japanese, where there are none, two characters are counted as one."""
    return len(text) // 2 if language == "ja" else len(text.split())


def write_article(speaker: Speaker, words: int) -> Article:
    """An article of at least that many words, in as many sections as that takes."""
    sections = -(-words // SECTION_WORDS)
    topics: list[str] = []
    for _ in range(sections):
        topics.append(speaker.deal("", "topics", tuple(speaker.grammar.topics), set(topics)))
    first = Text(speaker, topics[0])
    return Article(
        language=speaker.grammar.language,
        topic=topics[0],
        title=first.say("title"),
        lead=first.say("lead"),
        byline=first.say("byline"),
        sections=tuple(
            _section(speaker, Text(speaker, topic, first.town), words // sections, headed=number > 0)
            for number, topic in enumerate(topics)
        ),
    )


def _section(speaker: Speaker, text: Text, words: int, headed: bool) -> Section:
    language = speaker.grammar.language
    heading = text.say("heading") if headed else None
    paragraphs: list[tuple[str, ...]] = []
    said: set[str] = set()
    plans = _plans(speaker)
    while words > 0:
        spoken = dict.fromkeys(text.say(symbol) for symbol in next(plans))
        sentences = tuple(sentence for sentence in spoken if sentence not in said)
        if sentences:
            said.update(sentences)
            paragraphs.append(sentences)
        words -= sum(word_count(sentence, language) for sentence in sentences)
    return Section(heading, tuple(paragraphs))


def _plans(speaker: Speaker) -> Iterator[tuple[str, ...]]:
    """Paragraph plans without end, each once a round; the first sets the scene."""
    plans = speaker.grammar.plans
    opening = speaker.random.choice([plan for plan in plans if plan[0] == "scene"])
    yield opening
    others = [plan for plan in plans if plan != opening]
    while True:
        yield from speaker.random.sample(others, len(others))


def correct(article: Article, speaker: Speaker) -> Article:
    """The article as it reads after a correction: one or two numbers changed, a note at its end.

    Of its word 5-grams about nine in ten stay.
    """
    sections = list(article.sections)
    changes = 2 if article.words > 300 else 1
    for place, section in enumerate(sections):
        paragraphs = list(section.paragraphs)
        for number, sentences in enumerate(paragraphs):
            figure = next((s for s in sentences if re.search(r"\d", s)), None)
            if changes and figure is not None:
                changed = _other_number(figure, speaker.random)
                paragraphs[number] = tuple(changed if s == figure else s for s in sentences)
                changes -= 1
        sections[place] = replace(section, paragraphs=tuple(paragraphs))
    note = Text(speaker, article.topic).say("update")
    last = sections[-1]
    sections[-1] = replace(last, paragraphs=(*last.paragraphs[:-1], (*last.paragraphs[-1], note)))
    return replace(article, sections=tuple(sections))


def _other_number(sentence: str, random: Random) -> str:
    """The sentence with the last digit of its first number replaced by another."""

    def other(number: re.Match[str]) -> str:
        digit = (int(number[0][-1]) + random.randint(1, 9)) % 10
        return number[0][:-1] + str(digit)

    return re.sub(r"\d+", other, sentence, count=1)
