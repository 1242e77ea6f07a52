"""What a recipe would leave of a whole pool, from reading all of it and looking closely at a few documents.

The share that deduplication keeps depends on how often each document stands in the whole pool, so no sample shows it. But
it is a mean: where documents fall into groups that decide among themselves who stays, what is kept is the mean over all
documents of kept / size of their group. So a few thousand documents drawn at random, the probes, tell it to a percentage
point, if their groups are known in full (Chazelle, Rubinfeld and Trevisan, SIAM J. Computing 34, 2005).

`read` takes every document through the recipe and writes its keys; `keyfiles` says how these lie. `collect` searches the key
files, and `neighbours` asks it, hop by hop, until the groups of the probes are complete. `groups` does among what was found
what barriers do among all. `regress` and `estimates` make numbers with intervals of it, `probe` is the whole of it, and
`show` prints it.
"""
