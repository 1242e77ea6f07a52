"""The report of a run: `build` puts together what `figures` folds out of the ledger, the others show it.

`build.build_report` makes report.json; `page`, `markdown` and `card` turn it into report.html, report.md and the
dataset card README.md, `funnel` prints it on a terminal. Everything in it follows from the run directory alone
and is the same each time.
"""
