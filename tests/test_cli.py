"""`twolayer train` as its users meet it: what it prints and writes, and one sentence for every mistake of theirs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import twolayer
from twolayer.cli import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_train_prints_the_loss_the_check_and_the_accuracies_and_draws(capsys):
    assert main(["train", "--samples", "400", "--epochs", "301"]) == 0
    text = capsys.readouterr().out
    losses = [float(loss) for loss in re.findall(r"epoch +\d+  loss ([\d.]+)", text)]
    assert len(losses) == 4  # epochs 0, 100, 200, 300
    assert losses == sorted(losses, reverse=True)
    assert "gradient check passed: 65 coordinates, 0 wrong" in text
    assert float(re.search(r"test accuracy +([\d.]+)", text)[1]) > 0.9
    for name in ("decision_boundary.png", "loss_curve.png"):
        assert Path(name).read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_prints_the_same(capsys):
    runs = []
    for seed in ("3", "3", "4"):
        assert main(["train", "--samples", "200", "--epochs", "20", "--seed", seed]) == 0
        runs.append(capsys.readouterr().out)
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    "options",
    [
        ["--data", "moons", "--optimizer", "adam", "--lr", "0.01", "--batch-size", "32"],
        ["--data", "breast_cancer", "--l2", "0.01", "--dropout", "0.2", "--schedule", "cosine"],
        ["--activation", "tanh", "--patience", "5", "--hidden-size", "8"],
        ["--output", "a/b"],
    ],
    ids=" ".join,
)
def test_every_option_of_the_loop_can_be_chosen(capsys, options):
    assert main(["train", "--samples", "200", "--epochs", "20", *options]) == 0
    assert "gradient check passed" in capsys.readouterr().out


def test_a_csv_file_with_labels_of_any_kind(capsys):
    rows = [f"{i % 7},{i % 5},{'yes' if (i % 7) > 3 else 'no'}" for i in range(80)]
    Path("data.csv").write_text("a,b,label\n" + "\n".join(rows))
    assert main(["train", "--data", "data.csv", "--epochs", "200"]) == 0
    assert float(re.search(r"test accuracy +([\d.]+)", capsys.readouterr().out)[1]) > 0.9


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--data", "none.csv"], "none.csv"),
        (["--data", "bad.csv"], 'bad.csv, line 3, column "b"'),
        (["--data", "few.csv"], "few.csv"),
        (["--data", "."], "directory"),
        (["--target", "label"], "--target"),
        (["--lr", "-1"], "lr"),
        (["--lr", "fast"], "--lr"),
        (["--epochs", "0"], "epochs"),
        (["--hidden-size", "0"], "hidden_size"),
        (["--batch-size", "0"], "batch_size"),
        (["--dropout", "1"], "dropout"),
        (["--l2", "-1"], "l2"),
        (["--patience", "0"], "patience"),
        (["--optimizer", "newton"], "--optimizer"),
        (["--test-size", "2"], "--test-size"),
        (["--samples", "2"], "--samples"),
        (["--seed", "-1"], "--seed"),
        (["--output", "bad.csv"], "bad.csv"),
        (["--wrong"], "--wrong"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_mistake_gets_one_sentence_and_exit_code_2(capsys, options, says):
    Path("bad.csv").write_text("a,b,label\n1,2,x\n3,oops,y\n")
    Path("few.csv").write_text("a,b,label\n1,2,x\n3,4,y\n")
    with pytest.raises(SystemExit) as stop:
        main(["train", *options])
    text = capsys.readouterr()
    assert stop.value.code == 2
    assert says in text.err
    assert text.err.count("\n") == 1
    assert "Traceback" not in text.err


def test_a_run_that_diverges_says_so_and_ends_with_1(capsys):
    assert main(["train", "--samples", "200", "--epochs", "50", "--lr", "1e200"]) == 1
    assert "diverged" in capsys.readouterr().err


def test_the_installed_command_and_the_module_run():
    for command in ([str(Path(sys.executable).with_name("twolayer"))], [sys.executable, "-m", "twolayer"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"twolayer {twolayer.__version__}\n"
