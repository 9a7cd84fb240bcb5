"""The table of environments, and the example of a test that needs nothing else."""

import json
import subprocess
import sys

from tests.environments.table import PAGE, RESULTS, ROWS, fill
from tools.sources import ROOT


def test_the_table_in_the_documentation_is_what_the_tests_found():
    page = PAGE.read_text("utf-8")
    assert fill(page) == page, "run `python -m tests.environments.table`"


def test_every_environment_that_was_tried_has_a_row():
    assert set(json.loads(RESULTS.read_text("utf-8"))) <= set(ROWS)


def test_the_example_of_a_test_passes():
    folder = ROOT / "examples" / "python" / "pytest"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
