"""Each stage beside its peers, on one core.

    python -m benchmarks.stages                                         # all, on the documents at hand
    python -m benchmarks.stages --only language --only minhash --documents posts.jsonl.gz

Every contestant is a process of its own, kept on one core and to one thread. They take turns, a round each; the table has
the megabytes a second of CPU time by the median round, and how many times as many Assay makes. Slow ones get fewer
documents, the first of the same file. Before they are timed, what they answer is compared. Whoever is not installed is
left out and named: `make bench` installs them.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.comparisons import COMPARISONS, Comparison
from benchmarks.contestants import Inputs
from benchmarks.documents import (
    default_archives,
    default_documents,
    folded,
    pages,
    texts_of,
    write_input,
    write_lines,
)
from benchmarks.rounds import Score, take_turns
from benchmarks.table import Row, progress, show, write

DocumentFiles = Annotated[
    list[Path] | None,
    typer.Option("--documents", help="JSON Lines (`id`, `text`); else real posts, or the embedded sample."),
]
Json = Annotated[Path, typer.Option("--json", help="Where the results go, with every round.")]
Quick = Annotated[bool, typer.Option("--quick", help="Little input, one round: only whether it works.")]
RESULTS = Path("runs/bench")
TITLE = "Each stage, on one core (MB/s of CPU time, median)"
FULL, QUICK = (24.0, 3), (0.2, 1)  # megabytes, rounds


def compare(comparison: Comparison, inputs: Inputs, rounds: int) -> list[Row]:
    """Run one comparison."""
    progress(f"{comparison.name}: getting ready")
    notes: dict[str, str] = {}
    scores, absent = take_turns(
        comparison.contestants,
        inputs,
        rounds,
        lambda text: progress(f"{comparison.name}: {text}"),
        lambda scores: notes.update(_compared(comparison, scores)),
    )
    assay, *_ = scores
    rows = [_row(comparison, score, assay, notes) for score in scores]
    if absent:
        rows[-1].note += f" (left out: {', '.join(absent)})"
    return rows


def _row(comparison: Comparison, score: Score, assay: Score, notes: dict[str, str]) -> Row:
    who, aim = score.contestant, score.contestant.aim
    ratio = None if score is assay else assay.rate / score.rate
    return Row(
        comparison.name,
        f"{who.name} {score.version}".strip(),
        score.rate,
        "MB/s",
        score.megabytes,
        ratio,
        f">= {aim:g}x" if aim and ratio else "",
        ratio >= aim if aim and ratio else None,
        notes.get(who.name, ""),
        {"wall": score.wall, "cpu": score.cpu},
    )


def _compared(comparison: Comparison, scores: Sequence[Score]) -> dict[str, str]:
    """What to say of each contestant's answers. They are compared as far as both go.

    Raises SystemExit where they had to be equal and are not.
    """
    if comparison.answers == "kept":
        return {
            score.contestant.name: f"keeps {sum(score.answers) / len(score.answers):.0%}"
            for score in scores
            if score.answers
        }
    assay, *peers = scores
    notes = {}
    for peer in peers:
        pairs = list(zip(assay.answers, peer.answers, strict=False))
        same = sum(ours == theirs for ours, theirs in pairs)
        if comparison.answers == "equal" and same < len(pairs):
            raise SystemExit(
                f"{comparison.name}: {len(pairs) - same} of {len(pairs)} answers of {peer.contestant.name} "
                "are not Assay's"
            )
        if len(pairs) > 1:
            share = "the same" if same == len(pairs) else f"{same / len(pairs):.2%} the same"
            notes[peer.contestant.name] = f"{share} of {len(pairs):,} answers"
    return notes


def prepare(documents: Sequence[Path], archives: Sequence[Path], megabytes: float, folder: Path) -> Inputs:
    """The files that the contestants read: everything from the same documents and archives."""
    from filters.language import LID176
    from filters.resources import fetch
    from pipeline.tokens.config import TokenizerTrained
    from pipeline.tokens.train import train

    progress(f"writing {megabytes:g} MB of documents, and a tokenizer trained on them")
    write_input(documents, int(megabytes * 1e6), folder / "input", file_bytes=1 << 62)
    texts = folder / "input" / "part-00000.jsonl"
    compressed = texts.with_suffix(".jsonl.gz")
    with texts.open("rb") as plain, gzip.open(compressed, "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed)
    write_lines(folder / "folded.jsonl", folded(texts))
    write_lines(folder / "pages.jsonl", pages(archives[0]))
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_bytes(train(texts_of(texts), TokenizerTrained()))
    return Inputs(
        str(texts),
        str(folder / "folded.jsonl"),
        str(compressed),
        str(folder / "pages.jsonl"),
        str(archives[0]),
        str(tokenizer),
        str(fetch(LID176, Path())),
        float("inf"),
    )


def run(
    names: Sequence[str],
    documents: Sequence[Path],
    archives: Sequence[Path],
    megabytes: float,
    rounds: int,
) -> list[Row]:
    """These comparisons (all where none is named); each is shown as soon as it is done.

    Raises SystemExit where there is no comparison of a name.
    """
    known = {comparison.name: comparison for comparison in COMPARISONS}
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(
            f"--only: there is no comparison {', '.join(sorted(unknown))}; there are: {', '.join(known)}"
        )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        inputs = prepare(
            documents or default_documents(folder), archives or default_archives(folder), megabytes, folder
        )
        for comparison in [known[name] for name in names] or COMPARISONS:
            rows += compare(comparison, inputs, rounds)
    return rows


def main(
    only: Annotated[list[str] | None, typer.Option(help="One comparison; may be given again.")] = None,
    documents: DocumentFiles = None,
    archives: Annotated[list[Path] | None, typer.Option(help="WARC, for `html` and `warc`.")] = None,
    megabytes: Annotated[float, typer.Option(help="Of JSON Lines that are made of the documents.")] = FULL[0],
    rounds: Annotated[int, typer.Option(help="Of each contestant.")] = FULL[1],
    quick: Quick = False,
    json: Json = RESULTS / "stages.json",
) -> None:
    """Each stage beside its peers, on one core."""
    if quick:
        megabytes, rounds = QUICK
    rows = run(only or [], documents or [], archives or [], megabytes, rounds)
    show(TITLE, rows)
    write(json, rows)


if __name__ == "__main__":
    typer.run(main)
