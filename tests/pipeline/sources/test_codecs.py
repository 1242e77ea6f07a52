import bz2
import gzip
import lzma
import zlib

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import codecs
from pipeline.sources.codecs import Compression, CorruptError

COMPRESS = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zstd": zstandard.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}


def drain(compression: Compression, data: bytes, step: int, bound: int) -> tuple[bytes, bytes]:
    """Output and what was beyond the end, fed in steps, each output bounded."""
    codec = codecs.decompressor(compression)
    out = b""
    while not codec.eof:
        feed = b""
        if codec.needs_input:
            assert data, "the decompressor wants more than there is"
            feed, data = data[:step], data[step:]
        piece = codec.decompress(feed, bound)
        assert compression == "zstd" or len(piece) <= bound
        out += piece
    return out, codec.unused_data + data


@pytest.mark.parametrize("compression", COMPRESS)
@given(content=st.binary(max_size=5000), tail=st.binary(max_size=50), step=st.integers(1, 700))
def test_gives_the_content_and_leaves_the_tail(
    compression: Compression, content: bytes, tail: bytes, step: int
) -> None:
    packed = COMPRESS[compression](content)
    assert codecs.detect(packed) == compression
    assert drain(compression, packed + tail, step, 256) == (content, tail)


@pytest.mark.parametrize("compression", COMPRESS)
def test_the_output_of_a_call_is_bounded(compression: Compression) -> None:
    # 1 KiB of zstd may be 256 blocks of 128 KiB, and the library gives them all.
    size, bound = (80 << 20, 33 << 20) if compression == "zstd" else (8 << 20, 1 << 16)
    codec = codecs.decompressor(compression)
    assert len(codec.decompress(COMPRESS[compression](bytes(size)), 1 << 16)) <= bound


@given(content=st.binary(min_size=1, max_size=20000), data=st.data())
def test_gzip_gives_all_that_stands_before_the_damage(content: bytes, data: st.DataObject) -> None:
    packed = bytearray(gzip.compress(content, mtime=0))
    at = data.draw(st.integers(10, len(packed) - 1))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))
    codec = codecs.decompressor("gzip")
    try:
        out = codec.decompress(bytes(packed), 1 << 20)
    except CorruptError as error:
        out = error.salvaged
    assert out == bytewise(bytes(packed))


def bytewise(packed: bytes) -> bytes:
    """What zlib gives before it fails, fed one byte at a time."""
    state, out = zlib.decompressobj(wbits=31), b""
    try:
        for at in range(len(packed)):
            out += state.decompress(packed[at : at + 1])
    except zlib.error:
        pass
    return out


@pytest.mark.parametrize("head", [b"", b"\x1f", b"plain", b"BZ", b"{"])
def test_plain_data_is_not_taken_for_compressed(head: bytes) -> None:
    assert codecs.detect(head) is None
