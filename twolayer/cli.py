"""`twolayer train`: trains a network on data of your choice, checks its gradient, and draws what it learnt."""

import argparse
import inspect
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NoReturn

import numpy as np

import twolayer
from twolayer.datasets import DATASETS, load_data
from twolayer.gradcheck import check_gradients
from twolayer.objective import Objective

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from twolayer.estimator import TwoLayerNN

SAMPLES = 2000  # of circles and moons, so that 500 are held out
CHECKED = 20_000  # parameters; with more, the gradient check would take minutes


class Parser(argparse.ArgumentParser):
    """A parser that complains in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Write the sentence, and exit with 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code: 0, 1 if training or the check failed, 2 for a bad input."""
    parser = Parser(
        prog="twolayer", description=twolayer.__doc__, epilog="twolayer train --help shows what can be chosen."
    )
    parser.add_argument("--version", action="version", version=f"twolayer {twolayer.__version__}")
    about = "train: train a network, check its gradient, draw what it learnt; check: is your own code right?"
    parser.add_argument("command", choices=["train", "check"], help=about)
    parser.add_argument("options", nargs=argparse.REMAINDER, help="of the command").required = False
    arguments = parser.parse_args(argv)
    options = arguments.options
    if arguments.command == "check":
        from twolayer.checker.cli import main as check

        return check(options)
    try:
        parser = parse_train()  # loads scikit-learn, so only now
        return train(parser.parse_args(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, MemoryError) as error:
        parser.error(" ".join(str(error).split()))
    except OSError as error:
        parser.error(f"{error.filename or 'the pictures'}: {error.strerror}")


def parse_train() -> Parser:
    """The options of `twolayer train`: those of the network have the names and defaults of `TwoLayerNN`."""
    from twolayer.estimator import TwoLayerNN
    from twolayer.registry import ACTIVATIONS, AUGMENTATIONS, OPTIMIZERS, SCHEDULES

    parser = Parser("twolayer train", description=__doc__.partition(": ")[2].capitalize())
    parser.add_argument("--data", default="circles", help=f"{', '.join(DATASETS)}, or a CSV file (default: circles)")
    parser.add_argument("--target", metavar="NAME", help="label of the CSV file: a column's name, or its number")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of circles and moons (default: %(default)s)")
    parser.add_argument("--test-size", type=float, default=0.25, help="share held out (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="decides all that is random (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for the pictures (default: this one)")
    network = parser.add_argument_group("network and training")
    default = {name: parameter.default for name, parameter in inspect.signature(TwoLayerNN).parameters.items()}

    def add(name: str, kind: type, text: str, choices: Sequence[str] | None = None) -> None:
        text = text if default[name] is None else f"{text} (default: %(default)s)"
        flag, metavar = f"--{name.replace('_', '-')}", None if choices else kind.__name__.upper()
        network.add_argument(flag, type=kind, default=default[name], choices=choices, metavar=metavar, help=text)

    add("hidden_size", int, "hidden units")
    add("activation", str, "of the hidden units", list(ACTIVATIONS))
    add("lr", float, "learning rate")
    add("epochs", int, "passes over the training data")
    add("batch_size", int, "samples in a mini-batch; all if not given")
    add("optimizer", str, "how a gradient becomes a step", list(OPTIMIZERS))
    add("schedule", str, "how the learning rate changes", list(SCHEDULES))
    add("l2", float, "weight of the penalty on the weights")
    add("dropout", float, "share of hidden units dropped while training")
    add("augment", str, "how to make new samples from the given ones", list(AUGMENTATIONS))
    add("patience", int, "stop when the loss on held-out training data has not improved for so many epochs")
    add("validation_fraction", float, "the share of the training data that patience holds out")
    return parser


def train(arguments: argparse.Namespace) -> int:
    """Split, standardise, train, check, report and draw; returns the exit code."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from twolayer.estimator import TwoLayerNN

    options = vars(arguments)
    data, seed, output = options["data"], options["seed"], options["output"]
    if not 0 <= seed < 2**32:
        raise ValueError(f"--seed must be from 0 to {2**32 - 1}, got {seed}")
    if options["samples"] < 8:
        raise ValueError(f"--samples must be 8 or more, got {options['samples']}")
    X, y, names = load_data(data, options["samples"], seed, options["target"])
    X, X_test, y, y_test = split(data, X, y, options["test_size"], seed)
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=output):  # if pictures cannot be written there, say so before the training
        pass
    settings = {name: options[name] for name in inspect.signature(TwoLayerNN).parameters if name in options}
    network = TwoLayerNN(**settings, random_state=seed, verbose=True)
    model = make_pipeline(StandardScaler(), network)  # standardised by the training part alone

    print(f"{data}: {len(y)} training samples, {len(y_test)} test samples, {len(names)} feature{'s'[: len(names) > 1]}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "training diverged", RuntimeWarning)  # said below
        model.fit(X, y)
    epochs, stopped = network.n_iter_, network.history_.stopped
    if stopped == "diverged":
        print(
            f"twolayer train: training diverged, the loss is infinite from epoch {epochs} on;"
            f" try an --lr below {network.lr:g}",
            file=sys.stderr,
        )
        return 1
    if stopped == "interrupted" and not epochs:
        raise KeyboardInterrupt
    if stopped == "interrupted":
        print(f"interrupted in epoch {epochs - 1}; what was reached is kept")
    if stopped == "patience":
        print(f"stopped after {epochs} epochs; the parameters of epoch {network.history_.best_epoch} are kept")

    passed = check(network, model[0].transform(X), (y == network.classes_[1])[:, None].astype(float))
    print(f"training accuracy {model.score(X, y):.4f}")
    print(f"test accuracy     {model.score(X_test, y_test):.4f}")
    draw(model, X, X_test, y_test, names, output)
    return 0 if passed else 1


def split(data: str, X: np.ndarray, y: np.ndarray, test_size: float, seed: int) -> list[np.ndarray]:
    """[X, X_test, y, y_test], stratified; ValueError unless both parts have something to tell apart."""
    from sklearn.model_selection import train_test_split

    if not 0 < test_size < 1:
        raise ValueError(f"--test-size must be between 0 and 1, got {test_size}")
    classes, counts = np.unique(y, return_counts=True)
    if counts.min() >= 2 and 2 <= np.ceil(test_size * len(y)) <= len(y) - 2:
        parts: list[np.ndarray] = train_test_split(X, y, test_size=test_size, stratify=y, random_state=seed)
        if np.ptp(parts[0], axis=0).max() == 0:
            raise ValueError(f"{data}: no feature varies in the training part, so there is nothing to learn from")
        if len(np.unique(parts[2])) == len(np.unique(parts[3])) == 2:
            return parts
    found = " and ".join(f"{count} of class {label}" for label, count in zip(classes, counts, strict=True))
    raise ValueError(f"{data}: {found} are too few to have both classes in a test part of {test_size:g} and the rest")


def check(network: "TwoLayerNN", X: np.ndarray, y: np.ndarray) -> bool:
    """Print the gradient check of the trained network's objective, penalty included; False if it fails.

    X (n, d), y (n, 1). On as many samples as a second or two allow, without those so near a kink that a difference
    would step over it.
    """
    from twolayer.registry import ACTIVATIONS

    params = network.params_
    objective = Objective(*ACTIVATIONS[network.activation], network.l2)
    size = sum(p.size for p in params)
    if size > CHECKED:
        print(f"gradient check left out: {size} parameters would take minutes")
        return True
    h, n = 1e-5, len(X)
    reach = 2 * h * np.fabs(X).max(axis=1, initial=1, keepdims=True)  # (n, 1): how far a step moves Z1 at most
    smooth = (np.fabs(X @ params[0] + params[1]) > reach).all(axis=1)
    rows = np.flatnonzero(smooth if smooth.any() else ~smooth)[: max(1, 10**9 // (4 * size**2))]
    X, y = X[rows], y[rows]
    _, grads = objective.with_gradients(params, X, y)
    report = check_gradients(
        lambda params: objective(params, X, y), params, grads, h, lambda params: X @ params[0] + params[1]
    )
    print(f"{report}\nchecked on {len(rows)} of {n} training samples; {n - smooth.sum()} lie too near a kink")
    return report.ok


def draw(
    model: "Pipeline", X: np.ndarray, X_test: np.ndarray, y_test: np.ndarray, names: list[str], output: Path
) -> None:
    """Write decision_boundary.png, with the test samples, and loss_curve.png.

    With more than two features, the boundary is shown where the plane of the first two principal components of the
    training samples X cuts it; with one feature, the samples are spread over the height.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from twolayer.plots import plot_decision_boundary, plot_loss_curve

    scaler, network = model
    xlabel, ylabel, title = names[0], names[-1], "Decision boundary and test samples"
    if len(names) == 1:
        model = make_pipeline(FunctionTransformer(lambda plane: plane[:, :1]), model)
        X_test = np.column_stack([X_test, np.linspace(0, 1, len(X_test))])
        ylabel = "(no feature; samples one above the other)"
    if len(names) > 2:
        pca = PCA(2).fit(scaler.transform(X))
        model = make_pipeline(FunctionTransformer(pca.inverse_transform), network)
        X_test = pca.transform(scaler.transform(X_test))
        shares = 100 * pca.explained_variance_ratio_
        xlabel, ylabel = (f"principal component {i} ({share:.0f} % of variance)" for i, share in enumerate(shares, 1))
        title = "Decision boundary on the plane of two principal components\nand test samples, projected onto it"
    boundary, ax = plt.subplots(figsize=(6, 5), layout="constrained")
    plot_decision_boundary(model, X_test, y_test, ax)
    ax.set_title(title)
    if len(names) == 1:
        ax.set_yticks([])
    ax.set_xlabel(xlabel[:50], parse_math=False)
    ax.set_ylabel(ylabel[:50], parse_math=False)
    curve, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    plot_loss_curve(network, ax)
    for name, figure in (("decision_boundary.png", boundary), ("loss_curve.png", curve)):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # a name in a script that the font lacks: boxes will do
            figure.savefig(output / name, dpi=150)
        plt.close(figure)
        print(f"wrote {output / name}")
