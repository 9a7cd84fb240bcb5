"""The binaries of the vector kernel are those of its source."""

from tools.kernel import compiled
from tools.sources import ROOT


def test_the_committed_binaries_are_those_that_the_source_compiles_to():
    old = [str(path.relative_to(ROOT)) for path, content in compiled() if path.read_bytes() != content]
    assert old == [], "run make kernel"
