"""Copyable means copyable: every function, pasted with its helpers under `import numpy as np`, works."""

import ast
import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import pasting
import twolayer
from topics import topics

ROOT = Path(__file__).parents[1]
MODULES = ["core", *(topic for topic in topics(ROOT) if (ROOT / f"twolayer/{topic}.py").exists())]
FUNCTIONS = [
    (module, name)
    for module in MODULES
    for name, function in vars(import_module(f"twolayer.{module}")).items()
    if inspect.isfunction(function) and (function.__module__, function.__name__) == (f"twolayer.{module}", name)
]


def pasted(module, name):
    """The namespace after what the site's button copies was pasted into an empty file."""
    function = getattr(import_module(f"twolayer.{module}"), name)
    namespace = {"__name__": "pasted"}
    exec(compile(pasting.pasted(pasting.with_helpers(function)), f"<pasted {name}>", "exec"), namespace)
    return namespace


def example(module, name):
    """Arguments for one call of the function."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(6, 3)), np.array([[1.0, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 1]])
    params = twolayer.he_init(rng, 3, 4, 2)
    source = import_module(f"twolayer.{module}")
    forward = source.forward if module == "depth" else twolayer.forward
    Z2, cache = forward(X, params)
    dZ2 = twolayer.bce_grad(Z2, y)
    grads = tuple(np.ones_like(p) for p in params)

    def loss(p):
        return float(sum(np.sum(q * q) for q in p))

    def squares(theta):  # (m, P): the losses of three samples, and the pre-activations of their one hidden unit
        return theta**2, theta[:, :, None]

    w = np.arange(1.0, 7.0)[:, None] / 3.5
    known = {
        "he_init": (rng, 3, 4, 2),
        "forward": (X, params),
        "backward": (dZ2, cache, params),
        "bce": (Z2, y),
        "bce_grad": (Z2, y),
        "step": (params, grads, 0.1),
        "unflatten": (np.arange(26.0), params),
        "along": (np.zeros(3), 1, [0.1, -0.1]),
        "one_sided_slopes": (squares, np.ones(3), 1, 1e-5),
        "slope_bounds": (squares, np.ones(3), 1, 1e-5),
        "judge": (np.ones(2), np.ones(2), np.ones(2), np.full(2, 0.1), np.zeros(2, dtype=bool), ["b1[0]", "b1[1]"]),
        "compare": (squares, (np.ones(3),), (np.full(3, 2 / 3),), 1e-5),
        "numerical_gradient": (loss, params),
        "check_gradients": (loss, params, tuple(2 * p for p in params)),
        "check_network": (params, X, y),
        "l2_penalty": (params, 0.1),
        "l2_grad": (params, 0.1),
        "dropout_mask": (np.random.default_rng(1), (6, 4), 0.5),
        "zeros_like": (params,),
        "momentum_step": (params, grads, grads, 0.1),
        "adam_init": (params,),
        "adam_step": (params, grads, (grads, grads, 1)),
        "step_decay": (7, 0.1, 0.5, 3),
        "exponential_decay": (7, 0.1, 0.9),
        "inverse_time_decay": (7, 0.1, 0.9),
        "cosine_decay": (7, 0.1, 20),
        "cyclical": (7, 0.1, 0.9, 5),
        "minibatches": (np.random.default_rng(1), 10, 3),
        "batches": (np.random.default_rng(1), X, y, w, 4),
        "jitter": (np.random.default_rng(1), X, 0.1),
        "rotate": (np.random.default_rng(1), X, 0.1),
        "mean_one": (np.arange(6.0),),
        "weighted_bce": (Z2, y, w),
        "weighted_bce_grad": (Z2, y, w),
        "shifted_exp": (Z2,),
        "row_sums": (X * X,),
        "softmax": (Z2,),
        "cross_entropy": (Z2, y),
        "cross_entropy_grad": (Z2, y),
        "mixup": (np.random.default_rng(1), X, y, 0.2),
    }
    return known.get(name, (X,))  # an activation


def flat(value):
    """All numbers in a result, however nested."""
    if isinstance(value, (tuple, list)) or inspect.isgenerator(value):
        return [number for part in value for number in flat(part)]
    if isinstance(value, (np.ndarray, np.generic, float, int)):
        return np.ravel(value).tolist()
    return [v for v in vars(value).values() if isinstance(v, (int, float))]


@pytest.mark.parametrize(("module", "name"), FUNCTIONS, ids=[".".join(f) for f in FUNCTIONS])
def test_a_pasted_function_gives_the_numbers_of_the_package(module, name):
    original = getattr(import_module(f"twolayer.{module}"), name)
    copy = pasted(module, name)[name]
    assert copy is not original
    assert flat(copy(*example(module, name))) == flat(original(*example(module, name)))


SHORT = [(module, name) for module, name in FUNCTIONS if module != "gradcheck"]


@pytest.mark.parametrize(("module", "name"), SHORT, ids=lambda x: x)
def test_a_function_calls_at_most_three_helpers(module, name):
    assert len(pasting.with_helpers(getattr(import_module(f"twolayer.{module}"), name))) <= 4


@pytest.mark.parametrize("module", MODULES)
def test_modules_of_math_import_numpy_and_modules_below_them_alone(module):
    tree = ast.parse(Path(import_module(f"twolayer.{module}").__file__).read_text(encoding="utf-8"))
    imports = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    imports |= {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert imports <= ({"numpy"} if module == "core" else {"numpy", "twolayer.core"})
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.decorator_list]


def test_every_public_function_has_a_docstring_that_starts_with_what_it_computes():
    for name in twolayer.__all__:
        first = (getattr(twolayer, name).__doc__ or "").split("\n")[0]
        assert len(first) > 10, name
