"""Every line of the grammars can be spoken, and choices are dealt fairly."""

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sample.grammar import HERE, LANGUAGES, Grammar, Speaker, Text, load_grammar, load_planted

FILES = [HERE / "languages" / f"{language}.yaml" for language in LANGUAGES] + [HERE / "planted.yaml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_symbol_is_written_twice_in_its_block(path):
    block, seen = "", set()
    for line in path.read_text(encoding="utf-8").splitlines():
        indent = len(line) - len(line.lstrip())
        if key := re.fullmatch(r"( *)(\w+): ?(&\w+ )?(\||\*\w+|)", line):
            if indent == 0 or (indent == 2 and key[4] == ""):
                block = key[2]
            assert (block, indent, key[2]) not in seen
            seen.add((block, indent, key[2]))
    assert seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_symbols_do_not_shadow_each_other(language):
    grammar = load_grammar(language)
    topics = set().union(*grammar.topics.values())
    groups = [set(grammar.common), set(grammar.chrome), topics]
    if language == "en":
        groups.append(set(load_planted()))
    names = Counter(name for group in groups for name in group)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alternative_of_every_symbol_can_be_spoken_on_every_topic(language):
    grammar = load_grammar(language)
    planted = load_planted() if language == "en" else {}
    speaker = Speaker(grammar, Random(1), planted)
    sentences = {symbol for plan in grammar.plans for symbol in plan}
    for topic, own in grammar.topics.items():
        text = Text(speaker, topic)
        symbols = {**grammar.common, **planted, **own}
        for symbol in sorted(symbols):
            for _ in symbols[symbol]:
                spoken = text.say(symbol)
                assert spoken.strip() == spoken != ""
                if symbol != "code":
                    assert not set("{}|") & set(spoken)
                if symbol in sentences:
                    assert spoken[-1] in '.?!"”“»»。」', spoken


def one_symbol(*alternatives, rewrites=()):
    return Grammar("xx", (), {"a": alternatives, "elsewhere": ("Here",)}, {}, {"t": {}}, rewrites)


@given(st.integers(1, 30), st.integers(1, 4), st.integers(0, 99))
def test_no_alternative_comes_again_before_the_others_had_their_turn(count, rounds, seed):
    alternatives = tuple(f"line{number}" for number in range(count))
    text = Text(Speaker(one_symbol(*alternatives), Random(seed)), "t")
    for _ in range(rounds):
        assert {text.say("a") for _ in range(count)} == set(alternatives)


def test_texts_of_one_speaker_share_the_deck():
    speaker = Speaker(one_symbol("x", "y"), Random(0))
    assert {Text(speaker, "t").say("a"), Text(speaker, "t").say("a")} == {"x", "y"}


@pytest.mark.parametrize(
    ("slot", "order"),
    [("a", "S V R, T"), ("a:inverted", "V S R, T"), ("a:final", "S R V, T"), ("A", "S V R, T")],
)
def test_a_clause_is_put_in_the_order_asked_for(slot, order):
    assert Text(Speaker(one_symbol("S | V | R | , T"), Random(0)), "t").say(slot) == order


def test_contractions_are_applied():
    grammar = one_symbol("a apple and a pear", rewrites=((r"\b([Aa])(?= [aeio])", r"\1n"),))
    assert Text(Speaker(grammar, Random(0)), "t").say("a") == "an apple and a pear"


@given(st.integers(0, 10**9))
def test_a_number_lies_in_its_range(seed):
    number = int(Text(Speaker(one_symbol("{7-11}"), Random(seed)), "t").say("a"))
    assert 7 <= number <= 11
