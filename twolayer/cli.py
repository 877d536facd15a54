"""The command `twolayer`: `train` trains a network and draws what it learned, `check` tests your own code."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from inspect import signature
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

import twolayer
from twolayer.datasets import DATASETS, load_data
from twolayer.gradcheck import check_gradients
from twolayer.objective import Objective
from twolayer.validation import check_integer, check_number

if TYPE_CHECKING:
    from twolayer.estimator import TwoLayerNN

SAMPLES = 2000  # of circles and moons, so that 500 are held out
MOST_CLASSES = 20
CHECKED = 20_000  # parameters; with more, the gradient check would take minutes
INTERRUPTED, PIPE_CLOSED = 130, 141  # as a shell counts a program that SIGINT or SIGPIPE ends


class Parser(argparse.ArgumentParser):
    """A parser that complains in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Write the sentence, and exit with 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, whatever streams it is given; returns the exit code."""
    if sys.stdout is None or sys.stderr is None:  # numpy.f2py of NumPy 2.0 needs them
        nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # closed, or not a file
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # ASCII cannot write every name
    try:
        try:
            return run(argv)
        finally:
            with suppress(AttributeError, ValueError):
                sys.stdout.flush()  # now, as an error at exit would be a traceback
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:
        print(f"twolayer: {error}; is the installation complete?", file=sys.stderr)
        return 2
    except OSError as error:
        with suppress(OSError, ValueError):  # nothing more can be written there, not even at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader, such as `head`, has had enough
            return PIPE_CLOSED
        print(f"twolayer: {error.filename or 'the output'}: {error.strerror}", file=sys.stderr)
        return 2


def run(argv: Sequence[str] | None) -> int:
    """Run `train` or `check`."""
    parser = Parser("twolayer", description=twolayer.__doc__, epilog="twolayer train --help shows what can be chosen.")
    parser.add_argument("--version", action="version", version=f"twolayer {twolayer.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{train,check}")
    commands.add_parser("train", add_help=False, help="train a network, check its gradient, draw what it learned")
    commands.add_parser("check", add_help=False, help="is your own code right?")
    arguments, options = parser.parse_known_args(argv)  # the command's own parser, which loads more, takes its options
    if arguments.command == "check":
        from twolayer.checker.cli import main as check

        return check(options)
    parser = parse_train()
    chosen = vars(parser.parse_args(options))
    try:
        return train(**chosen)
    except (ValueError, MemoryError) as error:
        name, *rest = str(error).split() or ["out of memory"]
        parser.error(" ".join([f"--{name.replace('_', '-')}" if name in chosen else name, *rest]))


def parse_train() -> Parser:
    """The options of `twolayer train`: those of the network have the names and defaults of `TwoLayerNN`."""
    from twolayer.estimator import TwoLayerNN
    from twolayer.registry import ACTIVATIONS, AUGMENTATIONS, OPTIMIZERS, SCHEDULES

    parser = Parser("twolayer train", description="Train a network, check its gradient, and draw what it learned.")
    parser.add_argument("--data", default="circles", help=f"{', '.join(DATASETS)}, or a CSV file (default: circles)")
    parser.add_argument("--target", metavar="NAME", help="label of the CSV file: a column's name, or its number")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="samples of circles, moons (default: %(default)s)")
    parser.add_argument("--test-size", type=float, default=0.25, help="fraction held out (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for the pictures (default: this one)")
    network = parser.add_argument_group("network and training")
    default = {name: parameter.default for name, parameter in signature(TwoLayerNN).parameters.items()}

    def add(name: str, kind: type, text: str, choices: Sequence[str] | None = None) -> None:
        text = text if default[name] is None else f"{text} (default: %(default)s)"
        metavar = None if choices else kind.__name__.upper()
        flag = f"--{name.replace('_', '-')}"
        network.add_argument(flag, type=kind, default=default[name], choices=choices, metavar=metavar, help=text)

    add("hidden_size", int, "number of hidden units")
    add("activation", str, "activation function of the hidden units", list(ACTIVATIONS))
    add("lr", float, "learning rate")
    add("epochs", int, "passes over the training data")
    add("batch_size", int, "samples in a mini-batch (default: all)")
    add("optimizer", str, "rule that turns gradients into steps", list(OPTIMIZERS))
    add("schedule", str, "course of the learning rate", list(SCHEDULES))
    add("l2", float, "weight of the penalty on the weights")
    add("dropout", float, "fraction of hidden units dropped while training")
    add("augment", str, "new samples made from the given ones", list(AUGMENTATIONS))
    add("patience", int, "epochs without a lower loss on held-out training data after which to stop")
    add("validation_fraction", float, "fraction of the training data that patience holds out")
    return parser


def train(
    *, data: str, target: str | None, samples: int, test_size: float, seed: int, output: Path, **settings: Any
) -> int:
    """Split, standardize, train, check, report and draw; returns the exit code. settings are those of `TwoLayerNN`."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from twolayer.estimator import TwoLayerNN

    check_integer("--seed", seed, 0, 2**32 - 1)
    check_integer("--samples", samples, 8)
    X, y, names = load_data(data, samples, seed, target)
    X, X_test, y, y_test = split(data, X, y, test_size, seed)
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=output):  # if pictures cannot be written there, say so before the training
        pass
    network = TwoLayerNN(**settings, random_state=seed, verbose=True)
    model = make_pipeline(StandardScaler(), network)  # standardized by the training part alone

    print(f"{data}: {len(y)} training samples, {len(y_test)} test samples, {len(names)} feature{'s'[: len(names) > 1]}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "training (diverged|interrupted)", RuntimeWarning)  # said below
        try:
            model.fit(X, y)
        except KeyboardInterrupt:
            if not getattr(network, "n_iter_", 0):
                raise
            print(f"interrupted in epoch {network.n_iter_ - 1}; what was reached is kept")
    epochs, history = network.n_iter_, network.history_
    if history.stopped == "diverged":
        print(f"twolayer train: training diverged in epoch {epochs - 1}; try an --lr below {network.lr:g}", file=sys.stderr)
        return 1
    if history.stopped == "patience":
        print(f"stopped after {epochs} epochs; the parameters of epoch {history.best_epoch} are kept")

    passed = check(network, model[0].transform(X), network._encode(y).astype(float))
    print(f"training accuracy {model.score(X, y):.4f}")
    print(f"test accuracy     {model.score(X_test, y_test):.4f}\n")
    print(confusion(y_test, model.predict(X_test), network.classes_), end="\n\n")
    from twolayer.plots import write_pictures  # here, as it takes a second

    for path in write_pictures(model, X, X_test, y_test, names, output):
        print(f"wrote {path}")
    return 0 if passed else 1


def split(data: str, X: np.ndarray, y: np.ndarray, test_size: float, seed: int) -> list[np.ndarray]:
    """[X, X_test, y, y_test], stratified; ValueError unless both parts have something to tell apart."""
    from sklearn.model_selection import train_test_split

    check_number("--test-size", test_size, 0, 1, above=True)
    classes, counts = np.unique(y, return_counts=True)
    found = " and ".join(f"{count} of class {label}" for label, count in zip(classes, counts, strict=True))
    if not 2 <= len(classes) <= MOST_CLASSES:
        shown = ", ".join(map(str, classes[:5])) + ", …" * (len(classes) > 5)
        raise ValueError(f"{data}: the label must have 2 to {MOST_CLASSES} classes, got {len(classes)} ({shown})")
    if counts.min() >= 2 and len(classes) <= np.ceil(test_size * len(y)) <= len(y) - len(classes):
        parts: list[np.ndarray] = train_test_split(X, y, test_size=test_size, stratify=y, random_state=seed)
        if np.ptp(parts[0], axis=0).max() == 0:
            raise ValueError(f"{data}: no feature varies in the training part, so there is nothing to learn from")
        if len(np.unique(parts[2])) == len(np.unique(parts[3])) == len(classes):
            return parts
    raise ValueError(f"{data}: {found} are too few to have every class in a test part of {test_size:g} and the rest")


def check(network: "TwoLayerNN", X: np.ndarray, y: np.ndarray) -> bool:
    """Print the gradient check of the trained network's objective, penalty included; False if it fails.

    X (n, d), y (n, k). On as many samples as a second or two allow, without those that a step takes over a kink.
    """
    from twolayer.registry import ACTIVATIONS

    params = network.params_
    objective = Objective(*ACTIVATIONS[network.activation_], network.l2, network._loss)
    size = sum(p.size for p in params)
    if size > CHECKED:
        print(f"gradient check left out: {size} parameters would take minutes")
        return True
    h, n = 1e-5, len(X)
    reach = 2 * h * np.abs(X).max(axis=1, initial=1, keepdims=True)  # (n, 1): how far a step moves Z1 at most
    smooth = (np.abs(X @ params[0] + params[1]) > reach).all(axis=1)
    rows = np.flatnonzero(smooth if smooth.any() else ~smooth)[: max(1, 10**9 // (4 * size**2))]
    X, y = X[rows], y[rows]
    _, grads = objective.with_gradients(params, X, y)
    report = check_gradients(
        lambda params: objective(params, X, y), params, grads, h, lambda params: X @ params[0] + params[1]
    )
    print(f"{report}\nchecked on {len(rows)} of {n} training samples; {n - smooth.sum()} lie too near a kink")
    return report.verdict != "failed"


def confusion(y: np.ndarray, predicted: np.ndarray, classes: np.ndarray) -> str:
    """A table of how many samples of each class, in a row, were taken for which, in a column."""
    from sklearn.metrics import confusion_matrix

    names = [str(label)[:12] for label in classes]
    rows = [["taken for", *names], *zip(names, *confusion_matrix(y, predicted, labels=classes).T, strict=True)]
    width = max(map(len, rows[0])) + 1
    return "\n".join("".join(f"{cell:>{width}}" for cell in row) for row in rows)
