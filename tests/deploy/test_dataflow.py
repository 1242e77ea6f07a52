"""Every pipeline of a whole run, translated for Dataflow as its runner does it, without a network.

What these tests cannot say is that Dataflow takes the job: nothing is sent.
"""

import base64
import bz2
import os
import pickletools
import re
import subprocess
import sys
import zlib
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pytest
from apache_beam import coders
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.pipeline_context import PipelineContext
from commandline import RECIPE, ROOT, assay

from pipeline import files
from pipeline.dedup.barrier import deduplicate
from pipeline.dedup.parts import Parts
from pipeline.dedup.stages import DedupMinhash
from pipeline.engine import Engine
from pipeline.passes.beam import run_pass
from pipeline.passes.job import Job
from pipeline.resources import FetchedResource
from pipeline.rundir import RunDirectory
from pipeline.tokens.config import Shards
from pipeline.tokens.shards import write_shards
from pipeline.tokens.tokenizer import TokenizerInfo

pytest.importorskip("google.cloud.dataflow", reason="needs apache-beam[gcp], the extra `dataflow`")

MANY = 90_000  # units: the files of a dump of Common Crawl
MOST_BYTES = 20e6  # of a job's graph (https://cloud.google.com/dataflow/quotas)


@pytest.fixture(scope="module")
def rehearsed(web, tmp_path_factory) -> Path:
    """A folder with the translated pipelines of a run, in order; the run lies beside it, complete."""
    folder = tmp_path_factory.mktemp("dataflow")
    (folder / "jobs").mkdir()
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", paths)
        patch.setenv("REHEARSAL", str(folder / "jobs"))
        options = ("--", "--runner=rehearsal.Rehearsal")
        done = assay("run", RECIPE, web / "*.warc*", "--out", folder / "run", *options)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def jobs(rehearsed) -> list[beam_runner_api_pb2.Pipeline]:
    files = sorted((rehearsed / "jobs").iterdir())
    return [beam_runner_api_pb2.Pipeline.FromString(file.read_bytes()) for file in files]


def transforms(job: beam_runner_api_pb2.Pipeline, urn: str) -> list[beam_runner_api_pb2.PTransform]:
    return [step for step in job.components.transforms.values() if step.spec.urn == urn]


def test_every_pass_and_every_barrier_is_a_job(jobs):
    labels = [" ".join(step.unique_name for step in job.components.transforms.values()) for job in jobs]
    assert sum(bool(re.search(r"Pass\d", names)) for names in labels) == 2
    assert len(jobs) >= 6  # two passes, three deduplicators, shards


def test_workers_are_the_image(jobs):
    for job in jobs:
        for environment in job.components.environments.values():
            assert environment.urn == common_urns.environments.DOCKER.urn
            payload = beam_runner_api_pb2.DockerPayload.FromString(environment.payload)
            assert payload.container_image == "europe-docker.pkg.dev/my-project/assay/assay:1"


def test_every_step_opens_in_a_process_that_has_only_the_package(rehearsed, tmp_path):
    code = (
        "import sys; from pathlib import Path; import apache_beam as beam\n"
        "from apache_beam.options.pipeline_options import PipelineOptions\n"
        "from apache_beam.portability.api import beam_runner_api_pb2\n"
        "for file in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    job = beam_runner_api_pb2.Pipeline.FromString(file.read_bytes())\n"
        "    beam.Pipeline.from_runner_api(job, 'DirectRunner', PipelineOptions([]))\n"
        "    print(file.name)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(rehearsed / "jobs")],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(list((rehearsed / "jobs").iterdir()))


def pickles(job: beam_runner_api_pb2.Pipeline) -> list[bytes]:
    """The pickled functions of a job; Beam compresses and encodes them."""
    steps = transforms(job, common_urns.primitives.PAR_DO.urn)
    functions = [beam_runner_api_pb2.ParDoPayload.FromString(step.spec.payload).do_fn for step in steps]
    packed = [base64.b64decode(function.payload) for function in functions if function.payload]
    assert packed
    return [bz2.decompress(each) if each.startswith(b"BZh") else zlib.decompress(each) for each in packed]


def test_no_step_knows_the_main_module_or_a_path_of_this_machine_outside_the_run(rehearsed, jobs):
    strangers = set()
    for pickle in [pickle for job in jobs for pickle in pickles(job)]:
        words = {argument for _, argument, _ in pickletools.genops(pickle) if isinstance(argument, str)}
        assert "__main__" not in words
        paths = {word for word in words if len(word) > 1 and word.startswith(os.sep) and Path(word).exists()}
        # Where pickled code came from is only for tracebacks.
        strangers |= {path for path in paths if not path.endswith(".py")}
    assert {path for path in strangers if not Path(path).is_relative_to(rehearsed / "run")} == set()


def test_keys_of_groups_are_encoded_in_one_way(jobs):
    grouped = 0
    for job in jobs:
        context = PipelineContext(job.components)
        for step in transforms(job, common_urns.primitives.GROUP_BY_KEY.urn):
            (source,) = step.inputs.values()
            coder = context.coders.get_by_id(job.components.pcollections[source].coder_id)
            assert coder.is_kv_coder(), step.unique_name
            key = coder.key_coder()
            # Reshuffle groups by a random number of its own; all else by what Assay gives.
            assert key.is_deterministic() or isinstance(key, coders.FastPrimitivesCoder), step.unique_name
            key.as_deterministic_coder(step.unique_name)
            grouped += 1
    assert grouped


def launched(**settings: str) -> list[str]:
    """The command that launch.sh would run."""
    given = {"IMAGE": "registry/assay:1", "PROJECT": "my-project", "REGION": "europe-west1"}
    given |= {"BUCKET": "gs://my-bucket/runs", "NAME": "crawl", "PATH": os.environ["PATH"], **settings}
    arguments = ["--print", "gs://my-bucket/recipe.yaml", "gs://my-crawl/*.gz", "gs://other crawl/a,b.gz"]
    script = ROOT / "deploy" / "dataflow" / "launch.sh"
    done = subprocess.run(["sh", script, *arguments], env=given, capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else [done.stderr]


@pytest.mark.parametrize("account", ["", "assay@my-project.iam.gserviceaccount.com"])
def test_the_launch_script_gives_the_driver_what_it_needs(account):
    command = launched(SERVICE_ACCOUNT=account)
    (list_,) = [option.removeprefix("--args=^;^") for option in command if option.startswith("--args=")]
    arguments = list_.split(";")
    at = arguments.index("--")
    assert arguments[:at] == [
        "run", "gs://my-bucket/recipe.yaml", "gs://my-crawl/*.gz", "gs://other crawl/a,b.gz",
        "--out", "gs://my-bucket/runs/crawl",
    ]  # fmt: skip
    unknown = (
        PipelineOptions(arguments[at + 1 :])
        .view_as(StandardOptions)
        .get_all_options(retain_unknown_options=True)
    )
    known = PipelineOptions(arguments[at + 1 :]).get_all_options()
    assert unknown.keys() == known.keys()
    assert known["runner"] == "DataflowRunner" and known["sdk_container_image"] == "registry/assay:1"
    assert known["service_account_email"] == (account or None)
    assert (f"--service-account={account}" in command) == bool(account)


@pytest.mark.parametrize("name", ["IMAGE", "PROJECT", "REGION", "BUCKET", "NAME"])
def test_the_launch_script_says_what_is_missing(name):
    assert name in launched(**{name: ""})[0]


class OnlyBuilt(Exception):
    """Instead of a run."""


class Builder(Engine):
    """Keeps the size of the job's graph instead of running it."""

    def run(self, build):
        job = beam.Pipeline(options=PipelineOptions([]))
        build(job)
        self.bytes = job.to_runner_api().ByteSize()
        raise OnlyBuilt


def run_a_pass(engine: Engine, folder: Path) -> None:
    model = FetchedResource("language", "model", "package:x/y.ftz", "resources/y.ftz", "0" * 64)
    run = RunDirectory(str(folder))
    run_pass(engine, Job(run, RECIPE.read_text() * 10, 0, model, "tokenizers", (model,) * 20), MANY)


def run_a_barrier(engine: Engine, folder: Path) -> None:
    parts = Parts(str(folder / "parts"), MANY)
    files.write_table(parts.url(0), pa.table({"row": range(30_000)}))
    for unit in range(1, MANY):  # how many rows there are is learnt from some of the parts
        Path(parts.url(unit)).symlink_to(parts.url(0))
    deduplicate(DedupMinhash(), parts, [], str(folder / "out"), engine)


def run_shards(engine: Engine, folder: Path) -> None:
    tokens = 10**12
    tokenizer = TokenizerInfo(32_000, 0)
    write_shards(str(folder), MANY * 1000, tokens, Shards(), tokenizer, str(folder / "shards"), engine)


@pytest.mark.parametrize("work", [run_a_pass, run_a_barrier, run_shards])
def test_a_job_s_graph_does_not_grow_with_the_input(work, tmp_path):
    engine = Builder(64, ["--runner=DataflowRunner"])
    with pytest.raises(OnlyBuilt):
        work(engine, tmp_path)
    assert engine.bytes < MOST_BYTES / 20
