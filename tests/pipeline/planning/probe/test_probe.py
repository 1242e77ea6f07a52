"""Probes of whole pools, against runs of them."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from barriers import crawl
from rich.console import Console

from filters.gopher_quality import GopherQuality
from pipeline import files
from pipeline.engine import Engine
from pipeline.errors import AssayError, UserError
from pipeline.planning.probe import probe as probing
from pipeline.planning.probe.collect import KeyFiles
from pipeline.planning.probe.keyfiles import deduplicators
from pipeline.planning.probe.neighbours import Neighbours, find_neighbours
from pipeline.planning.probe.probe import Settings
from pipeline.planning.probe.read import key_file
from pipeline.planning.probe.show import print_probe
from pipeline.progress import RunProgress
from pipeline.recipe import Recipe, load_recipe, parse_recipe
from pipeline.run import run
from pipeline.rundir import RunDirectory
from pipeline.sources.inputs import find_files
from pipeline.sources.plan import plan_units

# Bounds that let texts of made-up words through, and take out the shorter ones step by step.
_LETTERS = (
    "stage: gopher_quality, min_mean_word_length: null, min_stop_words: null, min_letter_word_fraction: null"
)
RECIPE = f"""
name: probed
stages:
  - {{{_LETTERS}, min_words: 3}}
  - stage: dedup_url
  - stage: dedup_exact
  - {{{_LETTERS}, min_words: 40, name: between}}
  - stage: dedup_minhash
  - stage: mask_pii
  - {{{_LETTERS}, min_words: 60, name: last}}
tokenizer: {{train: {{vocab_size: 300}}}}
"""
EVERYONE = 10**9


def quiet() -> Console:
    return Console(file=io.StringIO())


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return parse_recipe(RECIPE, "recipe.yaml")


def write_pool(folder: Path, seed: int) -> Path:
    docs = crawl(seed)
    folder.mkdir()
    for file in range(3):
        lines = "".join(json.dumps(document) + "\n" for document in docs[file::3])
        (folder / f"part-{file}.jsonl").write_text(lines)
    return folder


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Path:
    return write_pool(tmp_path_factory.mktemp("pool") / "pool", 7)


def probed(recipe: Recipe, pool: Path, out: Path, probes: int = EVERYONE, **settings: Any) -> dict[str, Any]:
    return probing.probe(recipe, [str(pool)], str(out), Settings(probes, **settings), Engine(), quiet())


@pytest.fixture(scope="module")
def whole(recipe, pool, tmp_path_factory) -> dict[str, Any]:
    """A probe of which every document is one."""
    return probed(recipe, pool, tmp_path_factory.mktemp("whole") / "p")


@pytest.fixture(scope="module")
def sixty(recipe, pool, tmp_path_factory) -> Path:
    """The folder of a probe of 60 documents; nobody changes it."""
    folder: Path = tmp_path_factory.mktemp("sixty") / "p"
    probed(recipe, pool, folder, 60)
    return folder


def read_probe(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "probe.json").read_bytes())
    return found


def truth(recipe: Recipe, pool: Path, out: Path) -> dict[str, Any]:
    run(recipe, [str(pool)], str(out), Engine(1), quiet())
    report: dict[str, Any] = json.loads((out / "report.json").read_bytes())
    return report


@pytest.mark.parametrize("seed", [1, 2])
def test_with_everyone_a_probe_it_is_what_a_run_gives(recipe, tmp_path, seed):
    pool = write_pool(tmp_path / "pool", seed)
    made = probed(recipe, pool, tmp_path / "probe")
    report = truth(recipe, pool, tmp_path / "run")
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    assert made["probes"] == made["pool"]["documents"] == raw["documents"]
    assert made["pool"]["bytes"] == raw["bytes"]
    assert made["pool"]["tokens"] == raw["tokens"]
    for quantity in ("documents", "bytes"):
        estimate = made["retention"][quantity]
        assert estimate["value"] == pytest.approx(final[quantity] / raw[quantity], rel=1e-12)
        assert estimate["low"] == estimate["value"] == estimate["high"]
    assert made["retention"]["tokens"]["value"] == pytest.approx(final["tokens"] / raw["tokens"], rel=0.02)
    stages = {stage["name"]: stage for stage in report["stages"]}
    for found in made["deduplicators"]:
        stage = stages[found["name"]]
        share = stage["out"]["documents"] / stage["in"]["documents"]
        assert found["kept"]["value"] == pytest.approx(share, rel=1e-9)
        assert sum(size * sets for size, sets in found["sizes"]) == pytest.approx(stage["in"]["documents"])
        assert sum(sets for _, sets in found["sizes"]) == pytest.approx(stage["out"]["documents"])
    first = stages["gopher_quality"]
    assert made["filters"]["gopher_quality"]["out"]["documents"] == first["out"]["documents"]
    assert made["curve"][-1]["share"] == 1
    assert made["curve"][-1]["documents"]["value"] == pytest.approx(final["documents"] / raw["documents"])


@pytest.fixture(scope="module")
def read(recipe, pool, tmp_path_factory) -> KeyFiles:
    """The key files of the pool."""
    folder = RunDirectory(str(tmp_path_factory.mktemp("read")))
    found = find_files([str(pool)], recipe.source)
    units = plan_units(found, recipe.source)
    console = RunProgress(quiet(), folder)
    probing.read(recipe, found, units, folder, Settings(EVERYONE), Engine(), console)
    stages = tuple(deduplicators(recipe.stages))
    return KeyFiles(folder, stages, len(units), 200, Engine())


def kept_share(found: Neighbours) -> dict[int, float]:
    """For each probe, by its row, the share of its group that stays at the end."""
    stays = np.ones(len(found.group), bool)
    for decision in found.decisions:
        stays &= ~(decision.arrives & ~decision.stays)
    size = np.bincount(found.group)
    kept = np.bincount(found.group, stays & found.passes, minlength=len(size))
    rows = found.table["row"].to_numpy()
    share = kept[found.group] / np.maximum(size[found.group], 1)
    return {int(rows[i]): float(share[i]) for i in np.flatnonzero(found.probe)}


@pytest.fixture(scope="module")
def everyone(read) -> dict[int, float]:
    return kept_share(find_neighbours(read, 1.0, EVERYONE, 8, lambda _: None))


@pytest.mark.parametrize("below", [0.02, 0.2, 0.6])
def test_a_few_probes_find_their_groups_whole(read, everyone, below):
    found = find_neighbours(read, below, EVERYONE, 8, lambda _: None)
    some = kept_share(found)
    assert 0 < len(some) < len(everyone)
    assert not found.partial.any()
    assert {row: everyone[row] for row in some} == pytest.approx(some)


def test_large_groups_are_cut_and_counted(read):
    whole = find_neighbours(read, 1.0, EVERYONE, 8, lambda _: None)
    largest = np.bincount(whole.group).max()
    found = find_neighbours(read, 0.5, 10, 8, lambda _: None)
    assert largest > 40
    assert found.partial.any() and not found.partial.all()
    cut = np.bincount(found.group, found.weight * found.partial)
    assert largest / 2 < cut.max() < 2 * largest


def test_groups_that_are_cut_make_the_interval_wide(recipe, pool, whole, tmp_path):
    made = probed(recipe, pool, tmp_path / "cut", most=10)
    for quantity in ("documents", "bytes"):
        estimate, value = made["retention"][quantity], whole["retention"][quantity]["value"]
        assert estimate["low"] < value <= estimate["high"] + 1e-12
    assert any("not known in full" in warning for warning in made["warnings"])
    assert not any("not known in full" in warning for warning in whole["warnings"])


def test_keys_of_a_share_of_the_key_space_are_counted_whole(read):
    everything, some = read.keyspace([1.0] * 3), read.keyspace([0.4] * 3)
    for all_keys, few in zip(everything, some, strict=True):
        assert 0 < len(few.key) < len(all_keys.key)
        places = all_keys.places(few.key)
        assert np.array_equal(all_keys.key[places], few.key)
        for name in ("documents", "passing", "bytes"):
            assert np.array_equal(getattr(all_keys, name)[places], getattr(few, name))
    counted = read.count([keys.key for keys in everything])
    assert np.array_equal(counted[0].documents, everything[0].documents)


def test_it_goes_on_where_it_was_stopped(recipe, pool, sixty, tmp_path, monkeypatch):
    task = probing.read_keys

    def fails_once(job, unit):
        if unit.index == 2:
            raise ValueError("no")
        task(job, unit)

    with monkeypatch.context() as patch:
        patch.setattr(probing, "read_keys", fails_once)
        with pytest.raises(AssayError, match=r"part-2\.jsonl.*no"):
            probed(recipe, pool, tmp_path / "stopped", 60)
    assert files.exists(key_file(RunDirectory(str(tmp_path / "stopped")), 1))
    assert probed(recipe, pool, tmp_path / "stopped", 60) == read_probe(sixty)
    assert {place.name for place in (tmp_path / "stopped").iterdir()} == {
        place.name for place in sixty.iterdir()
    }


def test_it_leaves_what_is_there_alone(recipe, pool, sixty, tmp_path):
    before = {place: place.read_bytes() for place in sixty.rglob("*") if place.is_file()}
    assert probed(recipe, pool, sixty, 60) == read_probe(sixty)
    with pytest.raises(UserError, match="other options"):
        probed(recipe, pool, sixty, 61)
    with pytest.raises(UserError, match=r"input .* is gone"):
        probed(recipe, pool / "part-0.jsonl", sixty, 60)
    assert {place: place.read_bytes() for place in sixty.rglob("*") if place.is_file()} == before
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine")
    with pytest.raises(UserError, match="not empty"):
        probed(recipe, pool, tmp_path / "full")


def test_slow_filters_are_asked_about_the_probes(recipe, pool, whole, tmp_path, monkeypatch):
    """Where the filter is slow, the probes say what it would have said of all."""
    monkeypatch.setattr(GopherQuality, "slow", True)
    slow = probed(recipe, pool, tmp_path / "slow")
    assert {found["measured_on"] for found in slow["filters"].values()} == {"probes", "all"}
    # The first filter meets the same documents either way; those after it, and the deduplicators, meet more.
    first, then = (made["filters"]["gopher_quality"]["kept"]["documents"]["value"] for made in (slow, whole))
    assert first == pytest.approx(then)
    value, wanted = (made["retention"]["documents"]["value"] for made in (slow, whole))
    assert value == pytest.approx(wanted, abs=0.05)
    assert any("only the probes were asked" in warning for warning in slow["warnings"])


def test_nobody_twice_means_the_rule_of_three(tmp_path):
    lines = "".join(json.dumps({"id": f"{n}", "text": f"text number {n}"}) + "\n" for n in range(2000))
    (tmp_path / "posts.jsonl").write_text(lines)
    recipe = parse_recipe(
        "{name: r, stages: [{stage: dedup_exact}], tokenizer: {train: {vocab_size: 300}}}", "r"
    )
    made = probed(recipe, tmp_path / "posts.jsonl", tmp_path / "p", 200)
    estimate = made["retention"]["documents"]
    assert estimate["value"] == estimate["high"] == 1
    assert estimate["low"] == pytest.approx(1 - 3 / made["probes"])


def test_the_embedded_sample_against_a_run_of_it(web, sample_run, tmp_path):
    made = probing.probe(
        load_recipe("configs/quickstart.yaml"),
        [str(web / "*.warc*")],
        str(tmp_path / "p"),
        Settings(EVERYONE),
        Engine(),
        quiet(),
    )
    totals = json.loads((sample_run / "report.json").read_bytes())["totals"]
    for quantity, rel in (("documents", 1e-12), ("bytes", 1e-12), ("tokens", 0.01)):
        share = totals["final"][quantity] / totals["raw"][quantity]
        assert made["retention"][quantity]["value"] == pytest.approx(share, rel=rel)


def test_what_is_printed_fits_a_screen(sixty):
    console = Console(file=io.StringIO(), width=80)
    print_probe(read_probe(sixty), console)
    printed = console.file.getvalue()
    assert max(map(len, printed.splitlines())) <= 80
    for name in ("documents", "bytes", "tokens", "dedup_minhash", "between", "Note: There are"):
        assert name in printed
