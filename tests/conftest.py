"""What every test may use."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared and the first call of a kernel compiles it: a deadline would only measure that.
settings.register_profile(
    "assay", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("assay")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; nobody has to have it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the real data in {folder}, which is not part of the project")
    return folder
