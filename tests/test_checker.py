"""The checker of other people's code: a sample of its catalogue, its safety, and its three ways in."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import twolayer
from checker import measure
from checker.hostile import HOSTILE, WRONG_NET
from twolayer.checker import diagnose, model, report, sandbox
from twolayer.checker.cli import main
from twolayer.checker.engine import check_file, check_paths
from twolayer.checker.report import Finding, Report

CATALOGUE = Path(__file__).parent / "checker"
RIGHT = CATALOGUE / "right" / "site_tuple.py"
SAMPLE = (  # a style each; the whole catalogue is checked by `pytest tests/checker`
    "right/float32_lists", "right/r12_theta", "right/pure_loops", "right/layer_objects", "wrong/llayer_no_m",
    "wrong/w20_closures", "wrong/course_reg_no_mask", "wrong/class_stale_cache", "wrong/inline_train_nogate",
    "wrong/w45_minibatch",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def warm():
    sandbox.fork_from_now_on()  # as the workers on a folder do: a new interpreter for each file would take longer


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Of the hostile files, checked at once as a folder is."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = {name: folder / f"{name}.py" for name in HOSTILE}
    for name, (text, _, _) in HOSTILE.items():
        paths[name].write_text(text)
    return dict(zip(paths, check_paths(list(paths.values()), seconds=2, megabytes=700), strict=True))


@pytest.mark.parametrize("name", SAMPLE)
def test_right_and_wrong_files(name):
    path = CATALOGUE / f"{name}.py"
    report = check_file(path)
    assert not measure.missed(measure.entry(path), report), report.text()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_neither_hangs_nor_cheats(name, reports):
    _, code, said = HOSTILE[name]
    assert reports[name].code == code and said in reports[name].text(), reports[name].text()


def test_a_report_does_not_drive_the_terminal(reports):
    assert "\x1b" not in reports["colours_the_terminal"].text()


def test_the_diagnosis_says_where_what_and_why(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(WRONG_NET)
    report = check_file(path)
    (finding,) = [f for f in report.findings if f.level == "wrong"]
    assert finding.id == "gate-missing" and finding.source == "dZ1 = dZ2 @ W2.T"
    assert finding.link == "docs/derivations/backpropagation.md" and finding.equation == "bp-Z1"
    assert finding.numbers.startswith("worst: dW1[")
    assert "gate" in report.text() and "<table>" in report._repr_html_()


def test_every_equation_it_names_is_on_the_page_it_names():
    root = Path(twolayer.__file__).parents[1]
    sources = "".join(path.read_text("utf-8") for path in (root / "twolayer" / "checker").glob("*.py"))
    named = set(re.findall(r'equation="([\w-]+)"', sources)) | set(diagnose.EQUATION.values())
    named |= {equation for _, equation in model.FORWARD_MISTAKES.values()}
    assert len(named) > 15
    for equation in named:
        page = root / Finding("wrong", "", "", equation=equation).link
        assert f"\\label{{{equation}}}" in page.read_text("utf-8"), equation


def test_links_go_to_the_site_that_is_named(monkeypatch):
    monkeypatch.setattr(report, "SITE", "https://example.org/twolayer")
    link = Finding("wrong", "gradients", "", equation="bp-Z1").link
    assert link == "https://example.org/twolayer/derivations/backpropagation/#bp-Z1"


def run(*arguments, **more):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=more.pop("cwd", None), **more
    )


def test_command_on_a_folder(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "right.py").write_text(RIGHT.read_text())
    (tmp_path / "wrong.py").write_text(WRONG_NET)
    (tmp_path / "broken.py").write_text("def f(:")
    assert main([str(tmp_path), "--json", "--workers", "1"]) == 1
    results = json.loads(capsys.readouterr().out)
    verdicts = {Path(r["file"]).name: r["exit_code"] for r in results}
    assert verdicts == {"right.py": 0, "wrong.py": 1, "broken.py": 2}
    assert main([str(tmp_path), "--workers", "1"]) == 1
    assert "1 right, 1 wrong, 1 could not be checked" in capsys.readouterr().out


def test_exit_codes(tmp_path, capsys):
    assert main([str(RIGHT)]) == 0
    assert main([str(tmp_path / "absent.py")]) == 2
    assert "cannot be read" in capsys.readouterr().out


def test_two_functions_that_differ_are_asked_about(tmp_path, capsys):
    text = RIGHT.read_text()
    text += "\n\ndef backprop(dZ2, cache, params):\n    return backward(2 * dZ2, cache, params)\n"
    text = text.replace("def backward(", "def backward_pass(").replace("backward(2", "backward_pass(2")
    path = tmp_path / "two.py"
    path.write_text(text.replace("params, backward(bce", "params, backward_pass(bce"))
    assert main([str(path)]) == 2
    assert "--map backward=" in capsys.readouterr().out
    assert main([str(path), "--map", "backward=backward_pass"]) == 0
    assert main([str(path), "--map", "backward=backprop"]) == 1
    assert "times 2" in capsys.readouterr().out


def test_notebook_namespace_is_left_as_it_is():
    namespace: dict = {"__name__": "notebook"}
    exec("calls = []\n" + WRONG_NET.replace("    X, A1 = cache", "    calls.append(1)\n    X, A1 = cache"), namespace)
    before = dict(namespace)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    report = twolayer.check(namespace)
    assert [f.id for f in report.findings if f.level == "wrong"] == ["gate-missing"]
    assert namespace == before and namespace["calls"] == []
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_import_of_twolayer_loads_no_checker():
    code = "import sys, twolayer; assert not any(m.startswith('twolayer.checker') for m in sys.modules)"
    assert run("-c", code).returncode == 0


def test_pytest_plugin(tmp_path):
    (tmp_path / "mine.py").write_text(WRONG_NET)
    options = ["-p", "twolayer.checker.plugin", "-p", "no:cacheprovider", "-q", "--twolayer-check"]
    environment = os.environ | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(Path(twolayer.__file__).parents[1]),
    }
    result = run("-m", "pytest", *options, "mine.py", cwd=tmp_path, env=environment)
    assert result.returncode == 1 and "gate-missing" in result.stdout and "2 passed" in result.stdout, result.stdout
    plain = run("-m", "pytest", "-p", "twolayer.checker.plugin", "-q", "--co", cwd=tmp_path, env=environment)
    assert "no tests" in plain.stdout


# The diagnosis predicts numbers; no code of anybody is needed to test that.


def cases(change):
    """Gradients of two data sets with a mistake planted by `change(F, dZ2, W2) -> grads`."""
    result = []
    for seed in (1, 2):
        problem = model.make_problem(seed, 7, 3, 5, 1)
        F, loss = model.forward(problem, "tanh", "sigmoid"), model.Loss("cross-entropy", "1/n")
        theirs = change(F, loss.by_logits(F, problem.y), problem.params[2])
        result.append(diagnose.Case(F, problem.y, problem.params[2], loss, theirs))
    return result


def test_two_mistakes_at_once_are_both_named():
    def change(F, dZ2, W2):
        grads = model.backward(F, 7 * dZ2, W2)
        return grads | {"db1": grads["db1"] / 7}

    cost, found = diagnose.explain(cases(change))
    assert {m.id for m in found} == {"mean-missing"} and set(found[0].of) == {"dW1", "dW2", "db2"}


def test_right_gradients_need_no_explanation():
    assert diagnose.explain(cases(model.backward))[1] == []


def test_unknown_numbers_are_not_explained():
    rng = np.random.default_rng(0)

    def change(F, dZ2, W2):
        return {r: g + rng.normal(size=g.shape) for r, g in model.backward(F, dZ2, W2).items()}

    assert diagnose.explain(cases(change)) is None


def test_a_report_without_findings_is_no_success():
    assert Report("empty").code == 2
