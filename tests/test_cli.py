"""`twolayer train` as its users meet it: what it prints and writes, and one sentence for every mistake of theirs."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import twolayer
from twolayer import TwoLayerNN
from twolayer.cli import check, main, parse_train
from twolayer.registry import ACTIVATIONS


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, request):
    """Every test runs in an empty folder; only those that speak of drawing draw, because that takes longest."""
    monkeypatch.chdir(tmp_path)
    if not any(word in request.node.name for word in ("draw", "picture", "output", "write")):
        monkeypatch.setattr("twolayer.plots.write_pictures", lambda *args: [])
    return tmp_path


def end(arguments):
    """The exit code of a command, however it ends."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code


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
        ["--data", "iris"],
        ["--data", "wine", "--augment", "mixup", "--patience", "5"],
        ["--data", "digits", "--optimizer", "adam", "--lr", "0.01"],
        ["--activation", "tanh", "--patience", "5", "--hidden-size", "8", "--augment", "jitter"],
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


def test_a_csv_file_of_many_classes_is_drawn_with_a_confusion_matrix(capsys):
    rng = np.random.default_rng(0)
    for k in (20, 21):
        rows = [
            f"{10 * (i % k) + x:.3f},{10 * (i % k % 5) + y:.3f},tree {i % k:02}"
            for i, (x, y) in enumerate(rng.random((400, 2)))
        ]
        Path(f"{k}.csv").write_text("a,b,label\n" + "\n".join(rows))
    assert main(["train", "--data", "20.csv", "--epochs", "1500"]) == 0
    text = capsys.readouterr().out
    assert "gradient check passed" in text
    accuracy = float(re.search(r"test accuracy +([\d.]+)", text)[1])
    table = [row.split()[2:] for row in re.findall(r"^ *tree \d\d .*$", text, re.MULTILINE)]
    counts = np.array(table, dtype=int)  # rows are classes, columns predictions
    assert counts.shape == (20, 20)
    assert counts.sum() == 100
    assert counts.trace() == round(100 * accuracy) > 80
    assert (counts.sum(axis=1) == 5).all()  # stratified
    assert Path("decision_boundary.png").exists()
    assert end(["train", "--data", "21.csv"]) == 2
    assert "21.csv: the label must have 2 to 20 classes, got 21 (tree 00" in capsys.readouterr().err


def test_the_network_has_the_options_and_defaults_of_the_class():
    options, network = vars(parse_train().parse_args([])), TwoLayerNN().get_params()
    assert set(network) - set(options) == {"callback", "random_state", "verbose", "warm_start"}  # --seed; always
    assert {name: options[name] for name in network if name in options}.items() <= network.items()


@pytest.mark.parametrize("activation", ["relu", "elu"])
def test_a_sample_near_a_kink_does_not_fail_the_check(capsys, activation):
    model = TwoLayerNN(4, epochs=1, activation=activation, random_state=0).fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    X = np.random.default_rng(0).normal(size=(20, 2))
    W1, b1 = model.params_[:2]
    X[:5, 0] = (1e-6 - b1[0] - X[:5, 1] * W1[1, 0]) / W1[0, 0]  # a step of 1e-5 takes it over the kink of unit 0
    assert check(model, X, (X[:, :1] > 0).astype(float))
    assert "checked on 15 of 20 training samples; 5 lie too near a kink" in capsys.readouterr().out


def test_a_wrong_gradient_fails_the_check(capsys, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", (np.tanh, lambda Z: 1 - np.tanh(Z)))
    assert main(["train", "--samples", "100", "--epochs", "5", "--activation", "tanh"]) == 1
    assert "gradient check FAILED" in capsys.readouterr().out


def test_a_network_too_large_to_check_is_said_to_be(capsys):
    X = np.eye(2)
    assert check(TwoLayerNN(6000, epochs=1, random_state=0).fit(X, [0, 1]), X, X[:, :1])
    assert "gradient check left out: 24001 parameters" in capsys.readouterr().out


@pytest.mark.parametrize("width", [1, 2, 3])
def test_any_number_of_features_is_drawn_whatever_their_names(capsys, width):
    header = [*["$\\foo$", "身長" * 100, "a$b"][:width], "label"]
    rows = [[str((i * (j + 3)) % 11) for j in range(width)] + [["$x$", "日本"][i % 11 > 5]] for i in range(44)]
    Path("data.csv").write_text("\n".join(",".join(row) for row in [header, *rows]), encoding="utf-8")
    assert main(["train", "--data", "data.csv", "--epochs", "20"]) == 0
    assert Path("decision_boundary.png").exists()
    assert not plt.get_fignums()  # none is left open


@pytest.mark.parametrize("epoch", [0, 7])
def test_ctrl_c_keeps_what_was_reached(capsys, monkeypatch, epoch):
    def press(model, now, params, history):
        if now == epoch:
            raise KeyboardInterrupt

    monkeypatch.setattr(TwoLayerNN, "_each_epoch", press)
    assert main(["train", "--samples", "100"]) == 0
    text = capsys.readouterr().out
    assert f"interrupted in epoch {epoch}; what was reached is kept" in text
    assert "test accuracy" in text


def test_patience_says_when_it_stopped(capsys):
    assert main(["train", "--samples", "100", "--epochs", "500", "--patience", "2", "--lr", "3"]) == 0
    assert re.search(r"stopped after \d+ epochs; the parameters of epoch \d+ are kept", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--data", "none.csv"], "none.csv"),
        (["--data", "bad.csv"], 'bad.csv, line 3, column "b"'),
        (["--data", "few.csv"], "few.csv"),
        (["--data", "rare.csv"], "38 of class x and 2 of class y are too few"),
        (["--data", "constant.csv"], "no feature varies"),
        (["--data", "."], "directory"),
        (["--output", "bad.csv/x"], "bad.csv/x"),
        (["--hidden-size", "1" + 15 * "0"], "Unable to allocate"),
        (["--patience", "3", "--validation-fraction", "3"], "--validation-fraction must be"),
        (["--lr", "nan"], "lr"),
        (["--test-size", "nan"], "--test-size"),
        (["--target", "label"], "--target"),
        (["--lr", "-1"], "lr"),
        (["--lr", "fast"], "--lr"),
        (["--epochs", "0"], "epochs"),
        (["--hidden-size", "0"], "--hidden-size must be"),
        (["--batch-size", "0"], "--batch-size must be"),
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
    Path("rare.csv").write_text("a,label\n" + "\n".join(f"{i},{'y' if i > 37 else 'x'}" for i in range(40)))
    Path("constant.csv").write_text("a,label\n" + "\n".join(f"1,{'y' if i > 20 else 'x'}" for i in range(40)))
    code = end(["train", *options])
    text = capsys.readouterr()
    assert code == 2
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
