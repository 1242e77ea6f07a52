"""What a document is judged by: measures, rules, editors, annotators and the kernels under them.

Nothing here knows Beam, files or runs, and nothing here imports `pipeline`. One file holds one stage: its recipe
settings, its measures and its rules. `stage.py` says what a stage is, `kernels/` holds the loops that are hot.
"""
