"""What is measured, and against whom: each file but the shared ones is a command, `python -m benchmarks.NAME`.

`make bench` runs `stages` (each stage beside its peers), `end_to_end` (a whole run beside datatrove's) and `growth`
(memory and time as the input grows). `contestants/` holds the two sides of every comparison, `contestant` is the
process that one runs in, `rounds` lets them take turns, `documents` makes their input, `processes` watches commands, and
`table` prints. `cost_of_beam`, `scaling` and `dedup_quality` each answer a question of their own; `coverage` says how often the
intervals of the plan hold, in made-up pools (`populations`) and in a real run (`recrawled`).
"""
