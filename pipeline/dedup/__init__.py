"""What finds documents that stand elsewhere too.

`stages` are the recipe's deduplicators: in a pass, each adds key columns to the part. `barrier` is what
happens between two passes: it reads the key columns of all parts and writes, for each part, which rows go and
because of whom. `normalise` and `urls` say when two texts or two URLs are the same.

The steps of a barrier are in `copies`, `candidates`, `components`, `keepers` and `drops`; `fetch` is how one group of
parts gets at documents of another. `layout` says how the work is cut, `parts` reads, `blocks` and `packing` are what
travels, and `steps` wires it all in Beam.
"""
