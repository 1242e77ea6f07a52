"""What finds documents that stand elsewhere too.

`stages` are the recipe's deduplicators: in a pass, each adds key columns to the part. `barrier` is what
happens between two passes: it reads the key columns of all parts and writes, for each part, which rows go and
because of whom. `normalise` and `urls` say when two texts or two URLs are the same; `candidates`,
`components` and `keepers` are the steps of a barrier, `blocks` and `parts` what travels between them.
"""
