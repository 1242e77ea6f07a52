"""What else goes wrong on a cluster: a unit that always fails, a disk that fills, a store on a bad day."""

import subprocess
import time
from pathlib import Path

import local_cluster
import pytest
from clusters import on_every_engine
from commandline import assay, command, digest
from object_store import FAULTS, download, faulty_proxy, schedule, use

from pipeline import files
from pipeline.sample import write_sample


@on_every_engine
def test_a_unit_that_always_fails_is_named_and_the_others_are_done(all_faults, cluster, recipe, tmp_path):
    """A file is taken away between the listing of the input and its reading."""
    web, out, undisturbed = tmp_path / "web", tmp_path / "run", tmp_path / "undisturbed"
    write_sample(web, seed=0)
    done = assay("run", recipe, web / "*.warc*", "--out", undisturbed, "--workers", 1)
    assert done.returncode == 0, done.stderr
    victim = sorted(web.glob("*.warc.gz"))[-1]
    arguments = ("run", recipe, web / "*.warc*", "--out", out, "--", *cluster.options)
    process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)
    while not (out / "manifest.json").exists():
        assert process.poll() is None
        time.sleep(0.01)
    victim.rename(tmp_path / victim.name)
    said = process.communicate(timeout=600)[1]
    assert process.returncode == 1
    assert victim.name in said and "The other" in said
    (tmp_path / victim.name).rename(victim)
    done = assay(*arguments)
    assert done.returncode == 0, done.stderr
    assert digest(out) == digest(undisturbed)


@on_every_engine
def test_a_disk_that_fills_is_told_and_the_run_goes_on_with_more(
    all_faults, cluster, recipe, web, expected, tmp_path
):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        arguments = ("run", recipe, web / "*.warc*", "--out", disk / "run", "--", *cluster.options)
        done = assay(*arguments)
        assert done.returncode == 1
        assert "No space left on device" in done.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        done = assay(*arguments)
        assert done.returncode == 0, done.stderr
        assert digest(disk / "run") == expected
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("engine", sorted(local_cluster.CLUSTERS))
def test_a_store_on_a_bad_day_gives_the_same_bytes(
    all_faults, engine, recipe, web, bucket, s3_endpoint, tmp_path, monkeypatch
):
    """Input and output on S3; of the requests of every process one in twenty fails or comes late."""
    inputs = _uploaded(web, files.join(bucket, "input"))
    undisturbed, out = tmp_path / "undisturbed", files.join(bucket, "run")
    done = assay("run", recipe, inputs, "--out", undisturbed, "--workers", 1)
    assert done.returncode == 0, done.stderr
    try:
        with faulty_proxy(s3_endpoint, schedule(1, 0.05)) as proxy:
            use(proxy.endpoint, monkeypatch)
            with local_cluster.CLUSTERS[engine]() as cluster:
                done = assay("run", recipe, inputs, "--out", out, "--", *cluster.options)
        assert len(proxy.failed) == len(FAULTS), proxy.failed
    except local_cluster.Unavailable as missing:
        pytest.skip(str(missing).splitlines()[0])
    assert done.returncode == 0, done.stderr
    use(s3_endpoint, monkeypatch)
    assert digest(download(out, tmp_path / "run")) == digest(undisturbed)


def _uploaded(folder: Path, url: str) -> str:
    for file in sorted(folder.glob("*.warc*")):
        files.write_bytes(files.join(url, file.name), file.read_bytes())
    return files.join(url, "*.warc*")
