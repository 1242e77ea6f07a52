"""A Beam runner that runs each pipeline here, so that the next one finds its files, then translates it for Dataflow
and keeps what would be sent.

It is chosen by name, `--runner=rehearsal.Rehearsal`; the folder of the translated pipelines is in REHEARSAL.
"""

import os
from pathlib import Path

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.runners.runner import PipelineRunner

OPTIONS = [
    "--runner=DataflowRunner",
    "--project=my-project",
    "--region=europe-west1",
    "--temp_location=gs://bucket/temp",
    "--staging_location=gs://bucket/staging",
    "--sdk_container_image=europe-docker.pkg.dev/my-project/assay/assay:1",
    "--dry_run=true",
]


class Rehearsal(PipelineRunner):
    def run_pipeline(self, pipeline, options):
        result = FnApiRunner().run_pipeline(pipeline, options)
        job = DataflowRunner().run_pipeline(pipeline, PipelineOptions(OPTIONS)).job
        folder = Path(os.environ["REHEARSAL"])
        (folder / f"{len(list(folder.iterdir())):03d}.pb").write_bytes(job.proto_pipeline.SerializeToString())
        return result
