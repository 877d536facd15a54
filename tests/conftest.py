"""Tests that verify equations: the marker `verifies`, the recorder `verified`, and the table at the end.

    @pytest.mark.verifies("bp-W1", "bp-b1", by="central differences", bound=1e-7)
    def test_backward(verified):
        verified(error, cases=12)             # an error of all the equations named
        verified(error, cases=12, of="bp-W1") # or of one of them

`verified` fails the test where an error exceeds the bound, and a test that measured no case fails too.
The table goes to the terminal, and with `--record-verified` to docs/verified.json, which the site shows.
"""

import json
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: workers of pytest-xdist share the cores already

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "docs" / "verified.json"

settings.register_profile("default", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("random", max_examples=50, deadline=None, derandomize=False)
settings.load_profile("default")


def pytest_addoption(parser):
    parser.addoption("--record-verified", action="store_true", help="write to docs/verified.json what was measured")


def pytest_configure(config):
    config.addinivalue_line("markers", "verifies(*equations, by, bound): the test verifies these equations of the site")
    config.verified = {}  # (equation, test) -> facts


class Recorder:
    """Records the cases and the largest error of the test that runs now."""

    def __init__(self, config):
        self.config, self.test, self.mark = config, "", None

    def __call__(self, error, cases=1, of=None):
        for equation in [of] if of else self.mark.args:
            assert equation in self.mark.args, f"{equation} is not among {self.mark.args}, which this test verifies"
            facts, error = self.config.verified[equation, self.test], float(error)
            facts["cases"] += int(cases)
            facts["worst"] = max(facts["worst"], error)
            assert error <= self.mark.kwargs["bound"], (
                f"{equation}: error {error:.3g} above {self.mark.kwargs['bound']:g}"
            )


@pytest.fixture(scope="session")
def verified(request):
    """Of session scope, so that Hypothesis' examples of one test add up."""
    request.config.recorder = Recorder(request.config)
    return request.config.recorder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    mark, config = item.get_closest_marker("verifies"), item.config
    if mark:
        test = item.nodeid.split("[")[0]
        recorder = item.funcargs["verified"]
        recorder.test, recorder.mark = test, mark
        for equation in mark.args:
            new = {"test": test, "against": mark.kwargs["by"], "cases": 0, "worst": 0.0, "bound": mark.kwargs["bound"]}
            config.verified.setdefault((equation, test), new)
    yield
    if mark:
        idle = [equation for equation in mark.args if not config.verified[equation, test]["cases"]]
        assert not idle, f"no case was measured for {', '.join(idle)}"


def reports(config, outcome):
    """The reports of one outcome, of tests and of files that could not be collected."""
    return config.pluginmanager.get_plugin("terminalreporter").stats.get(outcome, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """pytest-xdist: a worker ended; add what it measured."""
    for key, new in getattr(node, "workeroutput", {}).get("verified", []):  # none where it crashed
        facts = node.config.verified.setdefault(tuple(key), {**new, "cases": 0, "worst": 0.0})
        facts["cases"] += new["cases"]
        facts["worst"] = max(facts["worst"], new["worst"])


def pytest_sessionfinish(session, exitstatus):
    config = session.config
    if hasattr(config, "workeroutput"):  # a worker: the process that started it judges and records
        config.workeroutput["verified"] = list(config.verified.items())
        return
    if os.environ.get("CI") == "true" and reports(config, "skipped") and exitstatus == 0:
        session.exitstatus = 1
    if config.getoption("record_verified") and exitstatus == 0:
        table = {}
        for (equation, _), facts in sorted(config.verified.items()):
            assert facts["cases"], f"{facts['test']} was skipped: the record needs every witness"
            table.setdefault(equation, []).append({**facts, "worst": float(f"{facts['worst']:.1e}")})
        RECORD.write_text(json.dumps(table, indent=1) + "\n")


def pytest_terminal_summary(terminalreporter, config):
    failed = {report.nodeid.split("[")[0] for report in reports(config, "failed")}
    if config.verified:
        terminalreporter.section("verified")
        terminalreporter.line(f"{'equation':<22} {'compared with':<64} {'cases':>8}  {'worst':>7}  {'bound':>7}")
        for (equation, test), facts in sorted(config.verified.items()):
            verdict = "FAILED" if test in failed else "passed" if facts["cases"] else "skipped"
            terminalreporter.line(
                f"{equation:<22} {facts['against']:<64} {facts['cases']:>8,}  {facts['worst']:>7.1e}  "
                f"{facts['bound']:>7.1e}  {verdict}"
            )
    if os.environ.get("CI") == "true" and reports(config, "skipped"):
        terminalreporter.section("skipped, which fails under CI=true", red=True)
        for report in reports(config, "skipped"):
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2]}")
