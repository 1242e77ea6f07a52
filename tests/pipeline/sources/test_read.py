"""What holds for all formats: batches, progress and memory."""

import gzip
import json
import tracemalloc
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sources.config import Source
from pipeline.sources.inputs import find_files
from pipeline.sources.plan import plan_units
from pipeline.sources.read import read_unit


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(texts=st.lists(st.text(max_size=50), max_size=40), batch_bytes=st.integers(1, 300))
def test_a_batch_ends_with_the_document_that_fills_it(
    tmp_path: Path, texts: list[str], batch_bytes: int
) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"text": text}).encode() for text in texts]
    if not lines:
        return
    path.write_bytes(b"\n".join(lines))
    config = Source(batch_bytes=batch_bytes)
    (unit,) = plan_units(find_files([str(path)], config), config)
    chunks = list(read_unit(unit, config))
    for chunk in chunks[:-1]:
        sizes = [len(text.encode()) for text in chunk.documents["text"].to_pylist()]
        assert sum(sizes) >= batch_bytes > sum(sizes[:-1])
    positions = [chunk.position for chunk in chunks]
    assert positions == sorted(positions) and positions[-1] == path.stat().st_size


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(40):
            file.write(json.dumps({"text": f"{number} " * 100_000}).encode() + b"\n")
            file.write(b'{"text": "' + b"x" * 2_000_000 + b'"}\n')  # too long to be read
    config = Source.model_validate({"batch_bytes": 500_000, "limits": {"raw_bytes": 1_000_000}})
    (unit,) = plan_units(find_files([str(path)], config), config)
    tracemalloc.start()
    documents = sum(chunk.documents.num_rows for chunk in read_unit(unit, config))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert documents == 40
    assert peak < 12_000_000  # of 95 MB of text
