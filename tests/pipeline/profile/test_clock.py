"""A clock gives every moment to one activity: the innermost, and nothing twice."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.profile.clock import Clock, Spent, came, each_timed, recorded, timed

NAMES = st.sampled_from("abc")
TREES = st.recursive(
    st.tuples(NAMES, st.just([])), lambda inner: st.tuples(NAMES, st.lists(inner, max_size=3)), max_leaves=12
)


def _go_through(tree, counted):
    name, inner = tree
    counted[name] = counted.get(name, 0) + 1
    with timed(name, documents=1, size=10):
        for one in inner:
            _go_through(one, counted)


@given(st.lists(TREES, max_size=4))
def test_the_parts_add_up_to_the_whole(trees):
    counted: dict[str, int] = {}
    before = time.perf_counter(), time.thread_time()
    with recorded() as clock:
        for tree in trees:
            _go_through(tree, counted)
    after = time.perf_counter(), time.thread_time()
    spent = clock.spent.values()
    assert sum(one.seconds for one in spent) <= after[0] - before[0] + 1e-6
    assert sum(one.core_seconds for one in spent) <= after[1] - before[1] + 1e-6
    assert all(one.seconds >= 0 and one.core_seconds >= 0 for one in spent)
    for name, times in counted.items():
        assert (clock.spent[name].documents, clock.spent[name].bytes) == (times, 10 * times)
    assert set(clock.spent) == {*counted, Clock.OTHER}


def test_an_activity_inside_another_is_not_the_other_s():
    with recorded() as clock, timed("outer"), timed("inner"):
        time.sleep(0.05)
    assert clock.spent["inner"].seconds >= 0.05
    assert clock.spent["outer"].seconds < clock.spent["inner"].seconds


def test_coming_by_an_item_is_timed_and_working_on_it_is_not():
    def items():
        for item in range(3):
            time.sleep(0.02)
            yield item

    with recorded() as clock:
        for item in each_timed("coming", items()):
            came("coming", 1, item)
            with timed("working"):
                time.sleep(0.001)
    assert clock.spent["coming"].seconds >= 0.06
    assert (clock.spent["coming"].documents, clock.spent["coming"].bytes) == (3, 3)
    assert clock.spent["working"].seconds < clock.spent["coming"].seconds


def test_where_nothing_records_nothing_happens():
    assert list(each_timed("coming", "abc")) == ["a", "b", "c"]
    with timed("working", 1, 2):
        came("working", 1, 2)


def test_an_error_ends_the_activity_and_the_recording():
    with pytest.raises(ValueError), recorded() as clock, timed("failing"):
        raise ValueError
    with timed("later"):
        pass
    assert set(clock.spent) == {"failing", Clock.OTHER}


def test_each_thread_has_a_clock_of_its_own():
    def other():
        with timed("elsewhere"):
            pass

    with recorded() as clock:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert set(clock.spent) == {Clock.OTHER}


def test_adding_up():
    total = Spent(1.0, 0.5, 3, 30)
    total.add(Spent(0.5, 0.25, 1, 5))
    assert total == Spent(1.5, 0.75, 4, 35)
