"""The two libraries that encode: gigatoken, which is fast, and `tokenizers`, which is the reference."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np
import psutil
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers

# gigatoken remembers every word it has met, about 110 bytes each, and has no bound for it: random words
# cost twelve times their own size, for good. A fresh one takes 60 ms to load and runs at a quarter of the speed until
# it has met the common words again, so it is only made where the process has grown by much since the last one, and
# enough was encoded to pay for it.
RELOAD_AFTER_BYTES = 32_000_000
RELOAD_AFTER_GROWTH_BYTES = 300_000_000


class Encoded(NamedTuple):
    """Document i has the ids `ids[offsets[i]:offsets[i + 1]]`; `offsets[0]` is 0."""

    offsets: NDArray[np.int64]
    ids: NDArray[np.uint32]


class Backend(Protocol):
    def encode(self, texts: pa.LargeStringArray) -> Encoded: ...


@contextmanager
def _panics_as_errors() -> Iterator[None]:
    """A panic of a Rust library is no Exception in Python, and its class cannot be imported."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"the library gave up: {error}") from error


class Gigatoken:
    """Byte-level BPE and SentencePiece BPE. Reads Arrow buffers as they are, on the calling thread.

    Raises:
        RuntimeError: it cannot load this kind of tokenizer.
    """

    def __init__(self, definition: bytes) -> None:
        self._definition = definition
        self._process = psutil.Process()
        self._load()

    def _load(self) -> None:
        import gigatoken  # here, because it brings awkward, which takes a second to import

        with _panics_as_errors():
            self._tokenizer = gigatoken.Tokenizer.from_json(self._definition)
        self._bytes = 0
        self._before = self._resident()

    def _resident(self) -> int:
        return int(self._process.memory_info().rss)

    def encode(self, texts: pa.LargeStringArray) -> Encoded:
        import awkward

        data, offsets = text_buffers(texts)
        if self._bytes > RELOAD_AFTER_BYTES and self._resident() - self._before > RELOAD_AFTER_GROWTH_BYTES:
            self._load()
        self._bytes += int(offsets[-1] - offsets[0])
        characters = awkward.contents.NumpyArray(data, parameters={"__array__": "char"})
        strings = awkward.contents.ListOffsetArray(
            awkward.index.Index64(offsets), characters, parameters={"__array__": "string"}
        )
        # One process per core is how a run is spread; its own pool of threads would only get in their way.
        with _panics_as_errors():
            encoded = self._tokenizer.encode_batch(awkward.Array(strings), parallel=False).layout
        return Encoded(np.asarray(encoded.offsets.data), np.asarray(encoded.content.data))


class Reference:
    """Everything that a `tokenizer.json` can describe, some hundred times slower."""

    def __init__(self, definition: bytes) -> None:
        os.environ.setdefault(
            "TOKENIZERS_PARALLELISM", "false"
        )  # as above; and it must not fork with threads

        import tokenizers

        with _panics_as_errors():
            self._tokenizer = tokenizers.Tokenizer.from_str(definition.decode())
        self._tokenizer.encode_special_tokens = True

    def encode(self, texts: pa.LargeStringArray) -> Encoded:
        # One at a time: an encoding holds a string for each token until it is let go.
        ids = [self._encode_one(text.as_py() or "") for text in texts]
        offsets = np.zeros(len(ids) + 1, np.int64)
        np.cumsum([len(document) for document in ids], out=offsets[1:])
        return Encoded(offsets, np.concatenate([np.zeros(0, np.uint32), *ids]))

    def id_of(self, token: str) -> int | None:
        """The id under which the library knows a token; None if it does not."""
        number: int | None = self._tokenizer.token_to_id(token)
        return number

    def _encode_one(self, text: str) -> NDArray[np.uint32]:
        (encoding,) = self._tokenizer.encode_batch_fast([text], add_special_tokens=False)
        return np.array(encoding.ids, np.uint32)
