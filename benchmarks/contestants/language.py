"""Language identification with lid.176.ftz: Assay's stage, and fastText's own bindings on the same model."""

from __future__ import annotations

from benchmarks.contestants import Inputs, Work, rows, size


def assay(inputs: Inputs) -> Work:
    from benchmarks.contestants import assay

    batches, megabytes = assay.batches(inputs.texts, inputs.megabytes)
    (stage,) = assay.stages("language")
    return Work(
        megabytes,
        lambda: [stage.annotate(batch) for batch in batches],
        lambda found: [label for columns in found for label in columns["language"].to_pylist()],
        lambda: assay.load(stage),
    )


def fasttext(inputs: Inputs) -> Work:
    """Of fasttext-predict, or of fastText itself: whichever has the name in its environment."""
    import fasttext

    texts = rows(inputs.texts, "text", inputs.megabytes)
    model = fasttext.load_model(inputs.language_model)
    return Work(
        size(texts),
        lambda: [model.predict(text.replace("\n", " ")) for text in texts],
        lambda found: [labels[0].removeprefix("__label__") for labels, _ in found],
    )
