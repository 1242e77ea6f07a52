"""What is Beam and what is a run: sources, recipe, passes, deduplication, tokens, ledger, report, plan, commands."""
