"""The recorder of what was verified is a check too: shown here to fail where it must."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
GREEN = """
import pytest

@pytest.mark.parametrize("error", [3e-9, 2e-9])
@pytest.mark.verifies("bp-W1", "bp-b1", by="counting", bound=1e-7)
def test_proof(verified, error):
    verified(error, cases=5)
    verified(error / 2, cases=7, of="bp-W1")
"""


def run(folder, test, *options, ci=""):
    """Exit code and output of pytest on one file, with our conftest beside it."""
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "docs").mkdir(exist_ok=True)
    shutil.copy(HERE / "conftest.py", folder / "tests")
    (folder / "tests" / "test_it.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}", *options, "tests"]
    environment = os.environ | {"CI": ci, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # ours alone
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


SKIPS = GREEN + "\ndef test_skip():\n    pytest.skip('no tool')\n"


def skip_a_file(folder):
    (folder / "tests").mkdir()
    (folder / "tests" / "test_file.py").write_text("import pytest\npytest.importorskip('no_such_tool')\n")


def test_the_table_and_the_record_show_cases_and_worst_error_and_a_skip_is_allowed_at_home(tmp_path):
    skip_a_file(tmp_path)
    code, text = run(tmp_path, SKIPS, "--record-verified", "-pxdist", "-n2")  # what the workers measured is added up
    assert code == 0, text
    assert "bp-W1" in text
    record = json.loads((tmp_path / "docs" / "verified.json").read_text())
    facts = {"test": "tests/test_it.py::test_proof", "against": "counting", "worst": 3e-9, "bound": 1e-7}
    assert record == {"bp-W1": [facts | {"cases": 24}], "bp-b1": [facts | {"cases": 10}]}


def test_an_error_above_the_bound_and_a_proof_of_no_case_fail(tmp_path):
    calls = ["verified(2e-7)", "verified(float('nan'))", "pass", "verified(0, cases=0)", "verified(0, of='x')"]
    mark = '@pytest.mark.verifies("bp-W1", by="counting", bound=1e-7)'
    tests = "".join(f"\n{mark}\ndef test_{i}(verified):\n    {call}\n" for i, call in enumerate(calls))
    code, text = run(tmp_path, "import pytest\n" + tests, "--record-verified")
    assert code == 1
    assert f"{len(calls)} failed" in text
    assert "passed" not in text
    assert not (tmp_path / "docs" / "verified.json").exists()


def test_a_skip_of_a_test_or_of_a_file_fails_in_ci(tmp_path):
    skip_a_file(tmp_path)
    code, text = run(tmp_path, SKIPS, ci="true")
    assert code == 1
    listed = text.split("skipped, which fails under CI=true")[1]
    assert "test_skip" in listed
    assert "test_file.py" in listed
