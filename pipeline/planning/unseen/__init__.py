"""What deduplication will keep of a pool, judged by a sample of its documents: the unseen species problem.

A document is an individual, a cluster of copies a species. Of a pool every document came into the sample with the same
probability, independently of its copies; the sample shows how many clusters it holds once, twice, ... . The wanted number
is the pool's retention, clusters over documents. How far a sample sees is limited, whatever the estimator (Orlitsky, Suresh
and Wu 2016, PNAS 113; Charikar et al. 2000, PODS), so `extrapolate` says less the larger the pool:

    up to the sample itself     exact (rarefaction)
    up to 2 samples             a point with its interval (`good_toulmin`)
    up to 10 samples            a point (`rational`) inside a bracket
    beyond                      the bracket alone (`bracket`, and `linear_program` where SciPy is)

`python -m benchmarks.coverage` measures how often the truth lies inside.
"""

from pipeline.planning.unseen.clusters import ASSUMED_UNEVENNESS, Clusters
from pipeline.planning.unseen.extrapolate import Extrapolation, extrapolate, extrapolate_each
from pipeline.planning.unseen.several import together

__all__ = ["ASSUMED_UNEVENNESS", "Clusters", "Extrapolation", "extrapolate", "extrapolate_each", "together"]
