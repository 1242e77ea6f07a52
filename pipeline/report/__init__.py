"""The report of a run: what `figures` folds out of the ledger, `build` puts together, and the others write or print.

`build.build_report` makes report.json; `markdown` and `card` turn it into report.md and the dataset card README.md,
`funnel` prints it on a terminal. Everything in it follows from the run directory alone and is the same each time.
"""
