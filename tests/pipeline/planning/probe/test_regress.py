"""Ratios: exact where everything is known, unbiased and honest about their error where not."""

import numpy as np
import pytest

from pipeline.planning.probe.regress import Controls, plain, regressed


def known(values: np.ndarray, population: np.ndarray) -> Controls:
    return Controls(values, population.mean(axis=0), np.zeros(population.shape[1]))


@pytest.fixture(scope="module")
def population():
    """Documents of heavy-tailed size in sets of Zipf's sizes; one of each set is kept."""
    draw = np.random.default_rng(5)
    sets = np.minimum(draw.zipf(1.7, 20_000), 500)
    sizes = np.repeat(sets, sets).astype(float)
    raw = np.exp(draw.normal(6, 1.2, len(sizes)))
    kept = 1 / sizes
    nearly = kept * draw.choice([1, 1, 1, 0.5], len(sizes))  # of a key that finds not all
    return kept, raw, np.column_stack([nearly, raw, raw * nearly])


def draws(population, n, times):
    kept, raw, controls = population
    generator = np.random.default_rng(11)
    for _ in range(times):
        drawn = generator.choice(len(kept), n, replace=False)
        yield kept[drawn], raw[drawn], known(controls[drawn], controls)


def test_of_everything_there_is_no_error(population):
    kept, raw, controls = population
    for made in (
        plain(kept * raw, raw, len(kept)),
        regressed(kept * raw, raw, known(controls, controls), len(kept)),
    ):
        assert made.value == pytest.approx((kept * raw).sum() / raw.sum(), rel=1e-12)
        assert made.error == 0


def test_intervals_cover(population):
    kept, raw, _ = population
    truth = {"documents": kept.mean(), "bytes": (kept * raw).sum() / raw.sum()}
    covered = dict.fromkeys(truth, 0)
    errors: dict[str, list[float]] = {"plain": [], "regressed": []}
    times = 300
    for y, x, controls in draws(population, 3000, times):
        ones = np.ones(len(y))
        documents = regressed(y, ones, controls.only([0]), len(kept))
        for name, made in (("documents", documents), ("bytes", regressed(y * x, x, controls, len(kept)))):
            estimate = made.estimate()
            covered[name] += estimate.low <= truth[name] <= estimate.high
        errors["plain"].append(plain(y, ones, len(kept)).value - truth["documents"])
        errors["regressed"].append(documents.value - truth["documents"])
    assert min(covered.values()) >= 0.92 * times
    off = {name: np.std(found) for name, found in errors.items()}
    assert off["regressed"] < 0.6 * off["plain"]
    assert abs(np.mean(errors["regressed"])) < 3 * off["regressed"] / times**0.5


def test_a_control_that_is_the_thing_itself_leaves_no_error():
    draw = np.random.default_rng(1)
    everyone = draw.random((5000, 1))
    sample = everyone[:400]
    made = regressed(3 * sample[:, 0], np.ones(400), known(sample, everyone), 5000)
    assert made.value == pytest.approx(3 * everyone.mean(), rel=1e-9)
    assert made.error < 1e-9


def test_what_is_not_certain_of_a_control_counts():
    draw = np.random.default_rng(1)
    sample = draw.random((400, 1))
    controls = Controls(sample, np.array([0.5]), np.array([1e-4]))
    assert regressed(sample[:, 0], np.ones(400), controls, 1e9).error == pytest.approx(0.01, rel=1e-6)


def test_few_probes_have_no_controls():
    draw = np.random.default_rng(2)
    sample = draw.random((15, 1))
    controls = Controls(sample, np.array([0.9]), np.zeros(1))
    assert regressed(sample[:, 0], np.ones(15), controls, 1e9).value == pytest.approx(sample.mean())


def test_the_interval_is_widened_by_what_is_not_known():
    made = plain(np.array([0.0, 1.0] * 500), np.ones(1000), 1e9)
    narrow, wide = made.estimate(), made.estimate(0.1, 0.2)
    assert narrow.value == wide.value == pytest.approx(0.5)
    assert wide.low == pytest.approx(narrow.low - 0.1)
    assert wide.high == pytest.approx(narrow.high + 0.2)
    assert made.estimate(9, 9).low == 0 and made.estimate(9, 9).high == 1
