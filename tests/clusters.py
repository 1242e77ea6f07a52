"""For tests that run on every engine."""

import local_cluster
import pytest

on_every_engine = pytest.mark.parametrize("cluster", sorted(local_cluster.CLUSTERS), indirect=True)
