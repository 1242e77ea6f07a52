"""What is read is what is there, in few requests, and no more than is wanted."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import readahead
from pipeline.readahead import ReadAhead

LEAST, MOST = 4, 64


class Store(io.BytesIO):
    """A file of a store that keeps what was asked of it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.size = len(content)
        self.asked: list[tuple[int, int]] = []

    def read(self, size=-1):
        self.asked.append((self.tell(), self.tell() + size))
        return super().read(size)


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readahead, "LEAST", LEAST)
        patch.setattr(readahead, "MOST", MOST)
        yield


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, 200)),
        st.tuples(st.just("seek"), st.integers(0, 400)),
        st.tuples(st.just("back"), st.integers(0, 400)),
    ),
    max_size=30,
)


@given(st.binary(max_size=300), st.none() | st.integers(0, 400), STEPS)
def test_it_reads_like_a_file(content, stop, steps):
    store, plain = Store(content), io.BytesIO(content)
    file = ReadAhead(store, "s3://b/k", stop)
    wanted = 0
    for step, number in steps:
        if step == "read":
            assert file.read(number) == plain.read(number)
            wanted = max(wanted, plain.tell())
        elif step == "seek":
            assert file.seek(number) == plain.seek(number)
        else:
            assert file.seek(-min(number, len(content)), io.SEEK_END) == plain.seek(
                -min(number, len(content)), io.SEEK_END
            )
        assert file.tell() == plain.tell()
        assert len(file._block) <= MOST
    end = len(content) if stop is None else min(stop, len(content))
    assert all(until <= max(end, wanted) for _, until in store.asked)


def test_a_long_reading_takes_few_requests_and_asks_for_nothing_twice():
    content = bytes(range(256)) * 8
    store = Store(content)
    file = ReadAhead(store, "s3://b/k")
    assert b"".join(iter(lambda: file.read(5), b"")) == content
    starts, ends = zip(*store.asked, strict=True)
    assert starts == (0, *ends[:-1])
    assert len(store.asked) <= len(content) // MOST + 4


def test_a_jump_costs_a_small_request():
    store = Store(bytes(1000))
    file = ReadAhead(store, "s3://b/k")
    for place in (0, 500, 100, 900):
        file.seek(place)
        file.read(2)
    assert store.asked == [(place, place + LEAST) for place in (0, 500, 100, 900)]


def test_before_the_beginning_there_is_nothing():
    with pytest.raises(ValueError, match="s3://b/k"):
        ReadAhead(Store(b"abc"), "s3://b/k").seek(-1)


def test_a_short_answer_is_asked_for_again(monkeypatch):
    monkeypatch.setattr("pipeline.stores.FIRST_WAIT", 0.001)

    class Short(Store):
        def read(self, size=-1):
            data = super().read(size)
            return data[:-1] if len(self.asked) % 2 else data

    assert ReadAhead(Short(b"abcdef"), "s3://b/k").read() == b"abcdef"
