"""Grammars of whole sentences, and how they are spoken.

A grammar is a YAML file of symbols. A symbol is a block of lines, each an alternative; in an alternative
`{symbol}` stands for one alternative of that symbol (`{Symbol}` begins with a capital letter), `{3-40}` for
a number in that range. Where a language moves its verb, a clause is written in parts, `subject | verb |
rest | afterthought`, and asked for in an order: `{clause}`, `{clause:inverted}`, `{clause:final}`. The
symbols of a topic stand before the common ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

HERE = Path(__file__).parent
LANGUAGES = ("en", "de", "fr", "es", "it", "ru", "ja")

Symbols = Mapping[str, tuple[str, ...]]

_SLOT = re.compile(r"\{([A-Za-z_]+(?::[a-z]+)?|\d+-\d+)\}")  # other braces stand for themselves
_NUMBER = re.compile(r"(\d+)-(\d+)")
_ORDERS = {"": (0, 1, 2, 3), "inverted": (1, 0, 2, 3), "final": (0, 2, 1, 3)}


@dataclass(frozen=True)
class Grammar:
    """The sentences of one language."""

    language: str
    plans: tuple[tuple[str, ...], ...]  # of a paragraph: the symbols of its sentences
    common: Symbols
    chrome: Symbols  # what stands around an article: menus, notices
    topics: Mapping[str, Symbols]
    rewrites: tuple[tuple[str, str], ...]  # contractions (`de avril` -> `d'avril`): pattern and replacement


def load_grammar(language: str) -> Grammar:
    """The grammar `languages/LANGUAGE.yaml`."""
    data = yaml.safe_load((HERE / "languages" / f"{language}.yaml").read_text(encoding="utf-8"))
    rewrites = (line.split(" => ") for line in data.get("rewrites", "").splitlines())
    return Grammar(
        language=data["language"],
        plans=tuple(tuple(line.split()) for line in data["plans"].splitlines()),
        common=_symbols(data["common"]),
        chrome=_symbols(data["chrome"]),
        topics={topic: _symbols(block) for topic, block in data["topics"].items()},
        rewrites=tuple((pattern, replacement) for pattern, replacement in rewrites),
    )


def load_planted() -> Symbols:
    """The phrases of the bad pages, in English; they may use every symbol of the English grammar."""
    return _symbols(yaml.safe_load((HERE / "planted.yaml").read_text(encoding="utf-8")))


def _symbols(blocks: Mapping[str, str]) -> Symbols:
    return {name: tuple(block.splitlines()) for name, block in blocks.items()}


class Speaker:
    """Speaks a grammar. Its texts share decks of alternatives: none is dealt again before the others were."""

    def __init__(self, grammar: Grammar, random: Random, extra: Symbols | None = None) -> None:
        self.grammar = grammar
        self.random = random
        self.common: Symbols = {**grammar.common, **grammar.chrome, **(extra or {})}
        self._decks: dict[tuple[str, str], list[str]] = {}

    def deal(self, place: str, symbol: str, alternatives: tuple[str, ...], spent: set[str]) -> str:
        """The next alternative that is not among the spent ones, as long as there is one."""
        deck = self._decks.setdefault((place, symbol), [])
        if all(card in spent for card in deck):
            deck.extend(self.random.sample(alternatives, len(alternatives)))
        card = next((card for card in deck if card not in spent), deck[0])
        deck.remove(card)
        return card


class Text:
    """One text on one topic: its town stays, and nothing is said twice while there is something else."""

    def __init__(self, speaker: Speaker, topic: str, town: str | None = None) -> None:
        self.speaker = speaker
        self.topic = topic
        self._symbols = speaker.grammar.topics[topic]
        self._spent: dict[str, set[str]] = {}
        self.town = town or self.say("elsewhere")
        self._spent.setdefault("elsewhere", set()).add(self.town)

    def say(self, symbol: str) -> str:
        """One alternative of the symbol, spoken in full."""
        sentence = self._slot(symbol)
        for pattern, replacement in self.speaker.grammar.rewrites:
            sentence = re.sub(pattern, replacement, sentence)
        return sentence

    def _slot(self, slot: str) -> str:
        if number := _NUMBER.fullmatch(slot):
            return str(self.speaker.random.randint(int(number[1]), int(number[2])))
        name, _, order = slot.partition(":")
        symbol = name[0].lower() + name[1:]
        text = self.town if symbol == "town" else self._expand(self._deal(symbol), order)
        return text[0].upper() + text[1:] if name[0].isupper() else text

    def _deal(self, symbol: str) -> str:
        own = self._symbols.get(symbol)
        alternatives = own or self.speaker.common[symbol]
        spent = self._spent.setdefault(symbol, set())
        if spent.issuperset(alternatives):
            spent.clear()
        card = self.speaker.deal(self.topic if own else "", symbol, alternatives, spent)
        spent.add(card)
        return card

    def _expand(self, alternative: str, order: str) -> str:
        parts = alternative.split(" | ")
        ordered = (parts[place] for place in _ORDERS[order] if place < len(parts))
        text = " ".join(ordered).replace(" ,", ",")
        return _SLOT.sub(lambda slot: self._slot(slot[1]), text)
