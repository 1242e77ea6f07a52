"""Tallies: what the ledger has no room for, counted as documents pass, so that the report can say how sure a figure is,
what another bound would do, and who the documents are of.

A tally is a row of `table.TALLIES`; docs/run-directory.md lists the kinds. Like the ledger's rows they are gathered a unit
at a time, committed with it, and folded by adding up rows with equal keys.
"""
