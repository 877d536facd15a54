"""The checker of other people's code: a sample of its catalogue, its safety, and its ways in."""

import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import twolayer
from checker import measure
from checker.hostile import ENDLESS, HOSTILE, RIGHT_NET, WRONG_NET, inside
from twolayer.checker import array, check, check_paths, cli, explain, findings, report
from twolayer.checker.array import Number, Traced
from twolayer.checker.cli import main
from twolayer.checker.examine import examine
from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Program, Source, read, without_magics
from twolayer.checker.replay import Replay
from twolayer.checker.report import Finding, Report
from twolayer.checker.tape import Tape
from twolayer.checker.verdict import settle

CATALOGUE = Path(__file__).parent / "checker"
SAMPLE = (  # a style each; the whole catalogue is checked by `pytest tests/checker`
    "right/r07_inline", "right/r15_adam", "right/r17_online",
    "wrong/functional_nogate", "wrong/trainstep_W2_first", "wrong/class_accumulates", "wrong/w42_momentum",
)  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Of all programs, checked at once as a folder is; those that do not end get a second."""
    folder = tmp_path_factory.mktemp("programs")
    paths = {name: CATALOGUE / f"{name}.py" for name in SAMPLE}
    texts = {name: text for name, (text, _, _) in HOSTILE.items()} | changed_programs() | MORE
    for name, text in texts.items():
        paths[name] = folder / f"{name}.py"
        paths[name].write_text(text)
    (folder / "bystander.txt").write_text("stays")
    found = {}
    for names, seconds in ((ENDLESS, 1), (paths.keys() - ENDLESS, 60)):
        found |= dict(zip(names, check_paths([paths[n] for n in names], seconds=seconds, megabytes=900), strict=True))
    assert (folder / "bystander.txt").read_text() == "stays"
    assert {p.name for p in folder.iterdir()} == {*(f"{name}.py" for name in texts), "bystander.txt"}
    return found


@pytest.mark.parametrize("name", SAMPLE)
def test_right_and_wrong_files(name, reports):
    entry = measure.entry(CATALOGUE / f"{name}.py")
    assert reports[name].code == (0 if entry.right else 1), reports[name].text()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_neither_hangs_nor_cheats(name, reports):
    _, code, said = HOSTILE[name]
    assert reports[name].code == code and said in reports[name].text(), reports[name].text()


def test_a_report_does_not_drive_the_terminal(reports):
    assert "\x1b" not in reports["colors_the_terminal"].text()


def test_the_report_teaches(tmp_path, monkeypatch):
    (tmp_path / "my_code.py").write_text(WRONG_NET)
    monkeypatch.chdir(tmp_path)
    found = check("my_code.py", seconds=30)
    wrong = [f for f in found.findings if f.level == "wrong"]
    assert any("lacks the factor relu'(Z1)" in f.text and f.source == "dZ1 = dA1" for f in wrong), found.text()
    text = found.text()
    assert "∂L/∂W2" in text and "equation bp-Z1: docs/derivations/backpropagation.md" in text
    assert Report.from_dict(json.loads(json.dumps(found.to_dict()))).text() == text
    page = (Path(twolayer.__file__).parents[1] / "docs" / "check.md").read_text("utf-8")
    shown = page.partition("```text\n")[2].partition("```")[0].rstrip("\n")
    printed, shown = (re.sub(r"-?\d+\.\d+", "#", text) for text in (text, shown))
    assert printed == shown


def test_a_report_in_a_notebook_is_safe_and_leads_to_the_equation(monkeypatch):
    monkeypatch.setenv("TWOLAYER_SITE", "https://example.org/")
    shown = Report("<x>", [Finding("wrong", "x", "a < b", equation="bp-Z1")])._repr_html_()
    assert "&lt;x&gt;" in shown and "a &lt; b" in shown
    assert '<a href="https://example.org/derivations/backpropagation/#eq-bp-Z1">' in shown


def test_the_verdict_does_not_depend_on_the_speed_of_the_machine(monkeypatch):
    path = CATALOGUE / "wrong" / "trainstep_W2_first.py"  # by a composed driver
    ordinary = examine(path).to_dict() | {"seconds": 0}
    for clock in ("process_time", "perf_counter", "monotonic", "time"):
        monkeypatch.setattr(time, clock, itertools.count(0.0, 1.0).__next__)  # a second between two looks
    assert examine(path).to_dict() | {"seconds": 0} == ordinary


def test_every_equation_it_names_is_on_the_page_it_names():
    root = Path(twolayer.__file__).parents[1]
    verified = set(json.loads((root / "docs" / "verified.json").read_text("utf-8")))
    sources = "".join(path.read_text("utf-8") for path in (root / "twolayer" / "checker").glob("*.py"))
    prefixes = "|".join(report.PAGES)
    named = {
        e for e in re.findall(rf'"((?:{prefixes})(?:-[\w-]+)?)"', sources) if "-" in e or f'equation="{e}"' in sources
    }
    assert len(named) > 5
    for equation in named:
        page = (root / report.link(equation)).read_text("utf-8")
        assert f"\\label{{{equation}}}" in page, equation
        assert equation in verified, equation


def test_links_go_to_the_site_that_is_named(monkeypatch):
    monkeypatch.setenv("TWOLAYER_SITE", "https://example.org/twolayer/")
    assert report.link("bp-Z1") == "https://example.org/twolayer/derivations/backpropagation/#eq-bp-Z1"


def test_command_on_a_folder(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "right.py").write_text(RIGHT_NET)
    (tmp_path / "wrong.py").write_text(WRONG_NET)
    (tmp_path / "broken.py").write_text("def f(:")
    absent = tmp_path / "absent.py"
    assert main([str(tmp_path), str(absent), "--json", "--workers", "1", "--seconds", "30"]) == 1
    results = {Path(r["file"]).name: r for r in json.loads(capsys.readouterr().out)}
    verdicts = {name: r["exit_code"] for name, r in results.items()}
    assert verdicts == {"right.py": 0, "wrong.py": 1, "broken.py": 2, "absent.py": 2}
    assert "cannot be read" in results["absent.py"]["findings"][0]["text"]


def test_a_driver_runs_functions(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\ndef odd(w, x, t):\n    a = x @ w\n"
        "    return np.mean((a - t) ** 2), 2 * x.T @ (a - t) / t.size\n"
    )
    text = (
        "rng = np.random.default_rng(0)\nx, t = rng.normal(size=(9, 3)), rng.normal(size=(9, 1))\nw = np.ones((3, 1))\n"
        "for _ in range(3):\n    loss, dw = odd(w, x, t)\n    w = w - 0.1 * dw\n"
    )
    assert check(path, text, seconds=30).code == 0
    assert examine(path, text.replace("0.1 * dw", "0.1 * dw[::-1]")).code == 1
    failed = examine(path, text.replace("odd(", "even("))
    assert failed.code == 2 and "even" in failed.text()


def test_usage_and_empty_folders_end_with_2(tmp_path):
    assert main([str(tmp_path)]) == 2
    with pytest.raises(SystemExit) as caught:
        main([str(tmp_path), "--seconds", "-1"])
    assert caught.value.code == 2


def test_any_terminal_can_show_it(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    cli.say("✓ dZ1 = ∂L/∂Z1 − 1")
    sys.stdout.flush()
    assert raw.getvalue().startswith(b"+ dZ1 = dL/dZ1 - 1")


def test_import_of_twolayer_loads_no_checker():
    code = "import sys, twolayer; assert not any(m.startswith('twolayer.checker') for m in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


MAGICS = {  # a cell as people write it: what is run
    "%matplotlib inline\nx = 1": "pass\nx = 1",
    "f = !ls\nhead, = %sc ls": "f = []\nhead, = []",
    "np.dot?\n?np.dot\nnp.dot??": "pass\npass\npass",
    "x = (3\n% 2)": "x = (3\n% 2)",
    "x = 3 \\\n% 2": "x = 3 \\\n% 2",
    's = """\n%time x\n!ls\n"""': 's = """\n%time x\n!ls\n"""',
    "if x:\n    !pip install y\n    %cd ..": "if x:\n    pass\n    pass",
    "!pip install \\\n  numpy\nx = 1": "pass\n\nx = 1",
    "pip install numpy": "pass",
    "%%time\nx = f(y)": "pass\nx = f(y)",
    "%%bash\nrm -rf /": "\n",
    "\n%%writefile a.py\nx = 1": "\n\n",
    "%time net.fit(X, y)": "net.fit(X, y)",
    "%timeit -n 10 -r 3 f(x)": "f(x)",
    '!echo "it\'s"\nx = 1': "pass\nx = 1",
    "!echo (\ny = 2": "pass\ny = 2",
    "x = 1\nprint 'old'": "x = 1\nprint 'old'",
}


@pytest.mark.parametrize("cell", MAGICS)
def test_magics_become_python_and_lines_stay(cell):
    assert without_magics(cell.split("\n")) == MAGICS[cell].split("\n")


def test_lines_of_a_notebook_are_counted_in_cells(tmp_path):
    code = [["a = 1\n", "b = 2"], "%%bash\nls", "c = 3\n", "d = (\n\ne"]
    cells = [{"cell_type": "code", "source": source} for source in code]
    cells.insert(1, {"cell_type": "markdown", "source": "text"})
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": cells[:-1]}))
    made = read(path)
    assert made.where(2) == "cell 1, line 2" and made.line(2) == "b = 2"
    assert made.where(5) == "cell 3, line 1" and made.line(5) == "c = 3"
    path.write_text(json.dumps({"cells": cells}))
    assert "cell 4, line 1: d = (" in examine(path).text()


def test_a_notebook_of_another_format_and_what_a_notebook_remembers(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": []}]}))
    assert "not a notebook of format 4; open it in Jupyter and save it" in examine(path).text()
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "print(_, In[-1], Out)\nx = missing"}]}))
    assert "name 'missing' is not defined (cell 1, line 2)" in examine(path).text()


# The streams of the command


RUN = "import sys\nfrom twolayer.cli import main\n{}\nsys.exit(main(['check', sys.argv[1]]))"
STREAMS = {  # what happens to the streams before the command: its exit code on a right file
    "import io; sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='ascii')": 0,
    "class S:\n    write, flush = (lambda self, text: 0), (lambda self: 0)\nsys.stdout, sys.stderr = None, S()": 0,
    "import os; os.close(1)": 2,
    "import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1)": 141,
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="closes descriptors as POSIX does")
@pytest.mark.parametrize("before", STREAMS)
def test_a_right_file_is_no_wrong_one_whatever_the_streams(before, tmp_path):
    path = tmp_path / "r\u00e9seau.py"
    path.write_text(RIGHT_NET)
    command = [sys.executable, "-c", RUN.format(before), str(path)]
    done = subprocess.run(command, capture_output=True, timeout=300)
    assert done.returncode == STREAMS[before], (done.stdout, done.stderr)
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr
    if done.stdout:
        assert done.stdout.rstrip().endswith(b"right")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal as POSIX does")
def test_ctrl_c_ends_the_command_and_all_that_it_started(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("while True: pass")
    command = [sys.executable, "-m", "twolayer", "check", str(path)]
    heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  # a shell's background jobs ignore it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": os.environ | {"TMPDIR": str(tmp_path)}}
    with subprocess.Popen(command, preexec_fn=heard, **pipes) as running:
        end = time.monotonic() + 120
        while not list(tmp_path.glob("twolayer-check-*/0")) and time.monotonic() < end:
            time.sleep(0.05)  # until the file runs
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130 and errors == b""
    assert not list(tmp_path.glob("twolayer-check-*"))


def test_a_broken_installation_is_said_in_one_sentence():
    code = (
        "import sys\nsys.modules['twolayer.checker.cli'] = None\n"
        "from twolayer.cli import main\nsys.exit(main(['check', 'x.py']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.count("\n") == 1


# The tape: what happened is what is replayed


PIECES = """
import numpy as np
import math
X = np.arange(6.0).reshape(2, 3)
X[0] += 1; X.T[1, 1] = 7; X[:, 2] *= 2
row = X[1]; row -= 3; X[X < 0] = 0.5
np.add.at(X, [0, 0], 1.0)
s = sum([v * math.exp(-v) for v in X[0]]) + float(X.sum())
t = np.c_[X, X] @ np.ones((6, 1)) + np.array([s, s]).reshape(2, 1)
u = np.vectorize(lambda v: max(0, v - 20))(t)
W = np.where(t > 20, t, 2 * t) + u
last = np.concatenate([W.ravel(), [s]])
"""


def test_replay_gives_what_the_program_computed(tmp_path):
    path = tmp_path / "pieces.py"
    path.write_text(PIECES)
    program = Program(read(path), Tape())
    assert program.run() is None
    last = program.space.__dict__["last"]
    expected: dict = {}
    exec(PIECES, expected)
    assert isinstance(last, Traced) and np.array_equal(np.asarray(last), expected["last"])
    node = array.node_of(last)
    assert np.allclose(Replay([], [node]).fixed[node.id], expected["last"], rtol=1e-12)


def test_traced_numbers_are_floats():
    array.use(Tape())
    x = array.run(np.sum, (np.arange(3.0).view(Traced),))
    assert isinstance(x, Number) and isinstance(x, float) and f"{x:.1f}" == "3.0" and {x: 1}[3.0] == 1
    assert isinstance(2 * x, Number) and isinstance(np.exp(x), Number) and isinstance(np.ones(2) * x, Traced)
    assert x > 2 and x.item() is x and float(x) == 3.0


def test_watch_judges_a_block_and_leaves_plain_arrays():
    setup, step = RIGHT_NET.split("for epoch in range(1000):\n    pass\n")
    for gate, code in ((" * (Z1 > 0)", 0), ("", 1)):
        body = step.replace(" * (Z1 > 0)", gate)
        space: dict = {}
        exec(setup + "import twolayer\nwith twolayer.watch() as w:\n" + body, space)
        assert space["w"].report.code == code, space["w"].report.text()
        assert type(space["W1"]) is np.ndarray and space["np"] is np


def test_a_report_without_findings_is_no_success():
    assert Report("empty").code == 2
    assert Report("right", [Finding("ok", "x", "y")]).code == 0


def test_hostile_lines_are_inside():
    assert "input" in inside("input()") and Source(Path("x"), "a").where(1) == "line 1"


PREALLOCATED = """
import numpy as np

rng = np.random.default_rng(3)
X, Y = rng.normal(size=(5, 2)), rng.random((5, 1))
W1, W2 = rng.normal(size=(3, 3)), rng.normal(size=(1, 4))
units = [BUFFER]

def forward(x):
    a = units[0]
    a[0:2] = x
    HIDDEN
    a[7:8] = 1 / (1 + np.exp(-W2 @ a[3:7]))
    return a

for _ in range(4):
    for x, y in zip(X, Y):
        a = forward(x)
        loss = 0.5 * np.sum((a[7:8] - y) ** 2)
        d2 = (a[7:8] - y) * a[7:8] * (1 - a[7:8])
        d1 = (W2.T @ d2)[:3] * a[3:6] * (1 - a[3:6])
        W2 -= 0.5 * np.outer(d2, a[3:7])
        W1 -= 0.5 * np.outer(d1, a[0:3])
"""


BUFFERS = ("np.ones(8)", "np.array([0, 0, 1, 0, 0, 0, 1, 0.0])")
HIDDEN = (
    "a[3:6] = 1 / (1 + np.exp(-W1 @ a[0:3]))",
    "a[3:6] = W1 @ a[0:3]; a[3:6] = 1 / (1 + np.exp(-a[3:6]))",
    "a[3:6] = W1 @ a[0:3]; a[3:6] *= -1; a[3:6] = np.exp(a[3:6]); a[3:6] += 1; a[3:6] = 1 / a[3:6]",
)


PAIRS = list(zip(BUFFERS * 2, HIDDEN, strict=False))


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_a_buffer_filled_by_the_forward_pass_is_not_a_parameter(number, reports):
    right, wrong = reports[f"buffer_{number}"], reports[f"wrong_buffer_{number}"]
    assert right.code != 1, right.text()
    assert wrong.code == 1, wrong.text()
    assert any(f.level == "wrong" and "d1 =" in f.source for f in wrong.findings), wrong.text()


# What is said of a program, and what never is


LOSS = "loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))"
SIGMOID = "1 / (1 + np.exp(-(A1 @ W2 + b2)))"
CHANGED = {  # name: (what is replaced in the right program, exit code, what is said)
    "data_centered_in_every_step": ({"pass": "X = X - X.mean(axis=0)"}, 0, "it was taken for data"),
    "data_copied_in_every_step": ({"pass": "X = X.copy(); y = np.array(y)"}, 0, "follows the slope"),
    "data_scaled_in_place": ({"pass": "X *= 0.99"}, 0, "it was taken for data"),
    "labels_that_follow": (
        {"loss =": "y = 0.9 * y + 0.1 * A2\n    loss =", "range(1000)": "range(60)"}, 2, "could not check",
    ),
    "losses_in_an_array": (
        {LOSS: LOSS + "; H = np.append(H, loss)", "W2, b2 = rng": "H = np.zeros(1)\nW2, b2 = rng"},
        0, "follows the slope",
    ),
    "gradient_that_leaks": (
        {"W2 - 0.1 * dW2": "W2 - 0.1 * json.loads(json.dumps(float(dW2[0, 0])))", "import numpy": "import json, numpy"},
        2, "W2 takes part in the forward pass, and could not be judged",
    ),
    "a_rate_for_each": ({"b1 - 0.1 * db1": "b1 - 0.2 * db1"}, 0, "the step of b1 is 2 times that of the others"),
    "rates_of_the_size_of_a_count": (
        {"W2 - 0.1": "W2 - 0.2", "b2 - 0.1": "b2 - 0.2", "(3, 4)": "(3, 5)", "(4)": "(5)", "(4, 1)": "(5, 1)"},
        0, "the step of b1 is 0.5 times that of the others",
    ),
    "a_rate_doubled": (
        {"b1 - 0.1 * db1": "b1 - 2 * lr * db1", "W1 - 0.1": "W1 - lr", "W2 - 0.1": "W2 - lr", "b2 - 0.1": "b2 - lr",
         "pass": "lr = 0.1"}, 0, "the step of b1 is 2 times that of the others",
    ),
    "a_rate_left_out": (
        {"b1 - 0.1 * db1": "b1 - db1"}, 1, "b1 is 10 · of what it should be: the other parameters have no such factor",
    ),
    "a_rate_of_one": ({"b1 - 0.1 * db1": "b1 - 1.0 * db1"}, 0, "the step of b1 is 10 times that of the others"),
    "a_rate_for_all_but_one": (
        {"W1 - 0.1 * dW1": "W1 - dW1", "W2 - 0.1 * dW2": "W2 - dW2", "b2 - 0.1 * db2": "b2 - db2"},
        0, "the step of b1 is 0.1 times that of the others",
    ),
    "rates_on_a_layer_that_stays": (
        {"dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)": "pass", "W1, b1 = W1 - 0.1 * dW1, b1 - 0.1 * db1": "pass",
         "dA1 = dZ2 @ W2.T": "pass", "dZ1 = dA1 * (Z1 > 0)": "pass", "0.1 * dW2": "0.1 * A1.T @ dZ2",
         "0.1 * db2": "0.2 * db2"}, 0, "the step of W2 is 0.5 times",
    ),
    "masks_in_the_forward_pass": (
        {"np.maximum(Z1, 0)": "Z1.copy(); off = Z1 < 0; A1[off] = 0", "dA1 * (Z1 > 0)": "dA1.copy(); dZ1[off] = 0"},
        0, "follows the slope",
    ),
    "saturated": ({"size=(4, 1)": "size=(4, 1), scale=30"}, 0, "follows the slope"),
    "frozen_entries": ({"0.1 * dW1": "0.1 * dW1 * np.array([[1.0], [0.0], [1.0]])"}, 0, "follows the slope"),
    "momentum_in_place": (
        {"W2, b2 = rng": "V = np.zeros((3, 4))\nW2, b2 = rng", "0.1 * dW1": "0.1 * V",
         "    W1, b1 =": "    V[...] = 0.9 * V + dW1\n    W1, b1 ="}, 0, "an optimizer",
    ),
    "bias_never_updated": ({"b2 - 0.1 * db2": "b2"}, 1, "b2 is never updated, though its slope is computed"),
    "starts_at_zero": (
        {"rng.normal(size=(3, 4))": "np.zeros((3, 4))", "rng.normal(size=(4, 1))": "np.zeros((4, 1))",
         "np.maximum(Z1, 0)": "np.tanh(Z1)", "(Z1 > 0)": "(1 - A1 ** 2)"}, 0, "start equal",
    ),
    "labels_not_shuffled": ({"pass": "X = X[rng.permutation(20)]"}, 1, "their labels are not"),
    "integers": (
        {"dZ2 = (A2 - y) / len(X)": "dZ2 = np.zeros((20, 1), dtype=int); dZ2[:] = 20 * (A2 - y)"}, 1, "holds integers",
    ),
    "labels_in_a_row": (
        {"X[:, :1] > 0": "X[:, 0] > 0", LOSS: "loss = np.mean((A2 - y) ** 2)", "dZ2.sum(axis=0)": "dZ2.sum()",
         "A1.T @ dZ2": "(A1.T @ dZ2).sum(axis=1, keepdims=True)",
         "dZ2 @ W2.T": "dZ2.sum(axis=1, keepdims=True) @ W2.T"}, 1, "every prediction meets every label",
    ),
    "overflows": ({SIGMOID: "1 / (1 + np.exp(800 * y - A1 @ W2 - b2))"}, 2, "not a finite number here"),
    "no_loss": ({LOSS: "pass", "1000": "20", "(A2 - y)": "(A2 - y) * A2 * (1 - A2)"}, 0, "those of the squared error"),
    "no_loss_and_no_gate": ({LOSS: "pass", "1000": "20", " * (Z1 > 0)": ""}, 1, "lacks the factor relu'(Z1)"),
    "sum_for_mean": ({"-np.mean(": "-np.sum("}, 0, "follows the slope"),
    "root": ({"-np.mean(y": "np.sqrt(-np.mean(y", "(1 - A2))": "(1 - A2)))"}, 0, "is another number"),
    "momentum": ({"for epoch": "v = 0\nfor epoch", "    W1, b1 =": "    v = 0.9 * v + dW1; dW1 = v\n    W1, b1 ="},
                 0, "an optimizer"),
    "printed": ({LOSS: "print(np.mean(abs(y - A2)))"}, 0, "the loss that the program computes is another number"),
    "derivative_turned": (
        {"np.maximum(Z1, 0)": "1 / (1 + np.exp(-Z1))", "dZ1 = dA1": "slope = A1 * (A1 - 1)\n    dZ1 = dA1",
         "(Z1 > 0)": "slope"}, 1, "slope has the opposite sign",
    ),
}  # fmt: skip


def changed_programs():
    """The texts of CHANGED."""
    texts = {}
    for name, (pieces, _, _) in CHANGED.items():
        texts[name] = RIGHT_NET
        for old, new in pieces.items():
            assert old in texts[name], old
            texts[name] = texts[name].replace(old, new)
    return texts


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_said_of_a_changed_program(name, reports):
    _, code, said = CHANGED[name]
    assert reports[name].code == code and said in reports[name].text(), reports[name].text()


def test_a_derivative_keeps_its_sign(reports):
    assert "✓ slope = sigmoid'(Z1)" not in reports["derivative_turned"].text()


@pytest.mark.parametrize(("name", "code", "said"), [
    ("wrong/w39_notebook", 2, "those of the cross-entropy, but whether that is the program's loss was not seen"),
    ("right/r14_class_dropout", 0, "the slope of the loss of line 35"),  # after a driver that does not compute it
    ("right/nobias", 0, "computes no loss in this step; its gradients are exactly those of the squared error"),
])  # fmt: skip
def test_a_composed_driver_guesses_no_loss_where_the_program_has_one(name, code, said):
    found = examine(CATALOGUE / f"{name}.py")
    assert found.code == code and said in found.text(), found.text()


def test_a_loss_in_a_module_beside_the_program_is_its_own(tmp_path):
    (tmp_path / "costs.py").write_text("def cross_entropy(a, y):\n    return 0\n")
    path = tmp_path / "mine.py"
    path.write_text("from costs import cross_entropy\n" + (CATALOGUE / "right/nobias.py").read_text())
    assert examine(path).code == 2


ONE_BY_ONE = """
import numpy as np
rng = np.random.default_rng(0)
X, y = rng.normal(size=(8, 3)), np.eye(3)[rng.integers(0, 3, size=8)]
W1, W2, b2 = rng.normal(size=(3, 6)), rng.normal(size=(6, 3)), np.zeros(3)
for epoch in range(5):
    for x, t in zip(X[:, None], y[:, None]):
        A1 = 1 / (1 + np.exp(-(x @ W1)))
        A2 = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
        d2 = (t - A2) * (A2 * (1 - A2))
        W1, W2, b2 = W1 + x.T @ (d2 @ W2.T * A1 * (1 - A1)), W2 + A1.T @ d2, b2 + d2[0]
"""


SHRINKING = """
import math, random
data = [(random.random(), random.random(), random.random()) for _ in range(6)]
w1, w2, b, v = 0.3, -0.2, 0.1, 0.7
for epoch in range(50):
    gw1, gw2, gb, gv, loss = 0.05 * w1, 0.05 * w2, 0.0, 0.05 * v, 0.0
    for x1, x2, t in data:
        h = math.tanh(w1 * x1 + w2 * x2 + b)
        loss += (v * h - t) ** 2 / 12
        d = (v * h - t) / 6
        dh = d * v * (1 - h * h)
        gv, gw1, gw2, gb = gv + d * h, gw1 + dh * x1, gw2 + dh * x2, gb + dh
    w1, w2, b, v = w1 - 0.1 * gw1, w2 - 0.1 * gw2, b - 0.1 * gb, v - 0.1 * gv
"""
TWO_OUTPUTS = """
import math
x1, x2, t1, t2 = 0.05, 0.10, 0.01, 0.99
w1, w2, w3, w4, v1, v2, v3, v4 = 0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55
s = lambda z: 1 / (1 + math.exp(-z))
for step in range(50):
    h1, h2 = s(w1 * x1 + w2 * x2 + 0.35), s(w3 * x1 + w4 * x2 + 0.35)
    o1, o2 = s(v1 * h1 + v2 * h2 + 0.6), s(v3 * h1 + v4 * h2 + 0.6)
    loss = 0.5 * (t1 - o1) ** 2 + 0.5 * (t2 - o2) ** 2
    d1, d2 = (o1 - t1) * o1 * (1 - o1), (o2 - t2) * o2 * (1 - o2)
    e1, e2 = (d1 * v1 + d2 * v3) * h1 * (1 - h1), (d1 * v2 + d2 * v4) * h2 * (1 - h2)
    v1, v2, v3, v4 = v1 - 0.5 * d1 * h1, v2 - 0.5 * d1 * h2, v3 - 0.5 * d2 * h1, v4 - 0.5 * d2 * h2
    w1, w2, w3, w4 = w1 - 0.5 * e1 * x1, w2 - 0.5 * e1 * x2, w3 - 0.5 * e2 * x1, w4 - 0.5 * e2 * x2
"""
MORE = {  # programs that are no change of the right one
    "shrinking": SHRINKING, "shrinking_wrong": SHRINKING.replace(" * (1 - h * h)", ""),
    "two_outputs": TWO_OUTPUTS, "two_outputs_wrong": TWO_OUTPUTS.replace("d2 * v3", "d2"),
    "one_by_one": ONE_BY_ONE, "one_by_one_held": ONE_BY_ONE.replace("(1 - A2))", "(1 - A2) + 0.1)"),
    **{f"buffer_{i}": PREALLOCATED.replace("BUFFER", b).replace("HIDDEN", h) for i, (b, h) in enumerate(PAIRS)},
}  # fmt: skip
MORE |= {f"wrong_{n}": MORE[n].replace("* a[3:6] * (1 - a[3:6])", "* a[3:6]") for n in list(MORE) if n[0] == "b"}


def test_a_loss_is_not_known_by_the_error_of_one_sample(reports):
    # the derivative is held above 0.1 on purpose, and no loss is computed
    assert (reports["one_by_one_held"].code, reports["one_by_one"].code) == (2, 0)


def test_single_numbers_may_shrink(reports):
    right, wrong = reports["shrinking"], reports["shrinking_wrong"]
    assert right.code == 0 and "w1 also shrinks" in right.text(), right.text()
    assert wrong.code == 1 and "dh" in wrong.text(), wrong.text()


def test_the_terms_of_a_loss_are_no_loss(reports):
    right, wrong = reports["two_outputs"], reports["two_outputs_wrong"]
    assert right.code == 0 and "the loss of line 9" in right.text(), right.text()
    assert wrong.code == 1 and any(f.level == "wrong" and "e1, e2 =" in f.source for f in wrong.findings), wrong.text()


def test_a_slow_machine_says_the_same(tmp_path, monkeypatch):
    """The work of a verdict and of its explanation is counted: no clock is read between the run and the report."""
    path = tmp_path / "mine.py"
    path.write_text(WRONG_NET)
    program = Program(read(path), Tape(1000))
    program.run()
    program.tape.paused = True
    params = program.params = Parameters(program.tape)
    for clock in ("process_time", "perf_counter", "monotonic", "time"):
        monkeypatch.setattr(time, clock, lambda: pytest.fail("a clock was read"))
    outcome = settle(program.tape, params)
    place = explain.Places(program.sources, str(path))
    found = explain.explain(outcome, place)[0] + findings.all_of(params, outcome, place)
    assert outcome.verdict == "wrong" and any("lacks the factor relu'(Z1)" in f.text for f in found)
