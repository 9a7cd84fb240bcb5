"""Property tests are about what is so, not about how quick a busy machine is."""

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]

settings.register_profile("staysail", deadline=None)
settings.load_profile("staysail")


@pytest.fixture(autouse=True)
def a_directory_of_its_own(tmp_path, monkeypatch):
    """Stores with a name are kept in a directory of that name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'py'}:{ROOT}")
