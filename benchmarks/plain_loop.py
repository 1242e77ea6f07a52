"""A Beam runner that is no engine: each step of a pipeline is a Python loop over a list.

Nothing is encoded, bundled, scheduled or retried, and groups are made with a dictionary; what is left is Assay's own
work, in one thread. So the time that another runner takes longer is the cost of Beam. It is chosen like every
other runner, by its name: `--runner=plain_loop.PlainLoop`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform
from apache_beam.pvalue import AsDict, AsIter, AsList, AsSideInput, PValue, TaggedOutput
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState
from apache_beam.transforms.core import Impulse
from apache_beam.transforms.util import Reshuffle
from apache_beam.utils.windowed_value import WindowedValue

Values = dict[PValue, list[Any]]


class PlainLoop(PipelineRunner):
    """Runs what Assay's pipelines are made of; raises NotImplementedError for any other transform."""

    def run_pipeline(self, pipeline: beam.Pipeline, options: PipelineOptions) -> PipelineResult:
        values: Values = {}
        for node in pipeline.transforms_stack[0].parts:
            _run(node, values)
        return _Done(PipelineState.DONE)


class _Done(PipelineResult):
    def wait_until_finish(self, duration: int | None = None) -> str:
        return str(self.state)


def _run(node: AppliedPTransform, values: Values) -> None:
    """Put what a transform gives into `values`."""
    transform = node.transform
    if isinstance(transform, Reshuffle):  # in a loop there is nobody to spread the work over
        values[node.outputs[None]] = values[node.inputs[0]]
    elif node.parts:
        for part in node.parts:
            _run(part, values)
    elif isinstance(transform, Impulse):
        values[node.outputs[None]] = [b""]
    elif isinstance(transform, beam.Flatten):
        values[node.outputs[None]] = [value for source in node.inputs for value in values[source]]
    elif isinstance(transform, beam.GroupByKey):
        values[node.outputs[None]] = _grouped(values[node.inputs[0]])
    elif isinstance(transform, beam.ParDo):
        _par_do(node, transform, values)
    elif any(output not in values for output in node.outputs.values()):
        raise NotImplementedError(f"{node.full_label}: {type(transform).__name__}")


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return list(groups.items())


def _par_do(node: AppliedPTransform, transform: beam.ParDo, values: Values) -> None:
    arguments, options = transform.raw_side_inputs
    arguments = [_side_input(argument, values) for argument in arguments]
    options = {name: _side_input(option, values) for name, option in options.items()}
    for output in node.outputs.values():
        values[output] = []
    function = transform.fn
    function.setup()
    function.start_bundle()
    for element in values[node.inputs[0]]:
        _route(function.process(element, *arguments, **options), node, values)
    _route(function.finish_bundle(), node, values)
    function.teardown()


def _route(given: Iterator[Any] | None, node: AppliedPTransform, values: Values) -> None:
    for value in given or ():
        tag, content = (value.tag, value.value) if isinstance(value, TaggedOutput) else (None, value)
        if tag in node.outputs:
            values[node.outputs[tag]].append(content.value if isinstance(content, WindowedValue) else content)


def _side_input(argument: Any, values: Values) -> Any:
    if not isinstance(argument, AsSideInput):
        return argument
    content = values[argument.pvalue]
    if isinstance(argument, AsDict):
        return dict(content)
    if isinstance(argument, (AsIter, AsList)):
        return content
    raise NotImplementedError(type(argument).__name__)
