"""A command that is watched: its memory and time, its children's, and when it reached its mark."""

import sys

import pytest

from benchmarks.processes import watch

CHILD = "import time; held = bytearray(90_000_000); time.sleep(0.6)"
PARENT = f"""
import subprocess, sys, time, pathlib
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}])
pathlib.Path(sys.argv[1]).mkdir()
(pathlib.Path(sys.argv[1]) / "begun").touch()
sum(range(20_000_000))
child.wait()
"""


def test_parent_child_and_mark(tmp_path):
    watched = watch([sys.executable, "-c", PARENT, str(tmp_path / "mark")], mark=tmp_path / "mark")
    assert watched.workers_memory > 90_000_000 > watched.memory > 0
    assert watched.marked is not None and 0 < watched.marked < watched.wall
    assert watched.cpu > 0


def test_a_command_without_children_or_mark():
    watched = watch([sys.executable, "-c", "import time; time.sleep(0.3)"])
    assert (watched.workers_memory, watched.marked) == (0, None)


def test_a_failure_tells_what_was_printed():
    with pytest.raises(SystemExit, match=r"failed:\n(.|\n)*the cause"):
        watch([sys.executable, "-c", "raise RuntimeError('the cause')"])
