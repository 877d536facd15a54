"""Training compiled by Numba: the numbers of the plain functions, over every option. It takes a minute to compile."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twolayer import TwoLayerNN, compiled, dropout_mask, he_init, mean_one, relu, relu_grad, train
from twolayer.training import kernel_of

pytest.importorskip("numba", reason="the extra `fast` is not installed")


@pytest.mark.parametrize("activation", compiled.ACTIVATIONS, ids=lambda f: f.__name__)
def test_loss_and_gradients_are_those_of_the_plain_functions(activation):
    fast, plain = compiled.compiled(activation), kernel_of("numpy", activation, compiled.gradient_of(activation))

    @settings(max_examples=300, deadline=None)
    @given(
        *(st.integers(1, most) for most in (60, 6, 20, 3)),
        st.booleans(),
        st.booleans(),
        st.sampled_from([0.1, 1.0, 10.0]),
        st.integers(0, 2**32 - 1),
    )
    def agree(n, d, h, k, weighted, masked, scale, seed):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(n, d)), (rng.random((n, k)) < 0.5).astype(float)
        params = tuple(scale * p for p in he_init(rng, d, h, k))
        w = mean_one(rng.exponential(size=n)) if weighted else None
        masks = [dropout_mask(rng, (n, h), 0.5)] if masked else None
        for g, p in zip(fast(X, y, params, w, masks), plain(X, y, params, w, masks), strict=True):
            assert np.shape(g) == np.shape(p)
            assert np.abs(g - p).max() <= 1e-12 * max(1.0, np.abs(p).max())

    agree()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": "adam", "lr": 0.01, "batch_size": 40},
        {"optimizer": "nesterov", "lr": 0.1, "l2": 0.01, "dropout": 0.2},
        {"sample_weight": np.linspace(0.1, 2, 200), "schedule": lambda t: 0.5 / (1 + t / 100)},
    ],
    ids=["plain", "adam", "nesterov", "weights"],
)
def test_after_a_thousand_steps_the_numbers_are_the_same(options):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = ((X**2).sum(axis=1, keepdims=True) < 1.4).astype(float)
    params = he_init(rng, 2, 16, 1)
    epochs = 200 if "batch_size" in options else 1000
    plain, fast = (
        train(params, X, y, epochs=epochs, rng=np.random.default_rng(1), engine=engine, **{"lr": 0.5} | options)
        for engine in ("numpy", "numba")
    )
    assert [plain[1].engine, fast[1].engine] == ["numpy", "numba"]
    assert plain[1].steps == fast[1].steps == 1000
    assert max(np.abs(p - q).max() for p, q in zip(plain[0], fast[0], strict=True)) <= 1e-12
    assert np.allclose(plain[1].loss, fast[1].loss, rtol=0, atol=1e-12)


def test_the_classifier_trains_with_what_users_bring():
    """Integers, columns of a transposed array, truth values: not only contiguous float64."""
    X = np.random.default_rng(0).integers(-3, 4, size=(2, 150)).T
    y = X.sum(axis=1) > 0
    models = [TwoLayerNN(8, epochs=100, engine=engine, random_state=0).fit(X, y) for engine in ("numpy", "numba")]
    assert models[1].engine_ == "numba"
    assert np.allclose(models[0].predict_proba(X), models[1].predict_proba(X), rtol=0, atol=1e-12)


LOAD = """
import sys
import numba.core.compiler
import numpy as np
from twolayer import activations, compiled, core, he_init
from twolayer.training import kernel_of

def compile_extra(*arguments, **options):
    raise SystemExit("it is compiled again")

if sys.argv[1] == "from disk":
    numba.core.compiler.CompilerBase.compile_extra = compile_extra
X = np.random.default_rng(0).normal(size=(9, 2))
params = he_init(np.random.default_rng(0), 2, 3, 1)
for name in sys.argv[2:]:
    f = getattr(activations, name, core.relu)
    means = compiled.compiled(f)(X, X[:, :1], params)
    exact = kernel_of("numpy", f, compiled.gradient_of(f))(X, X[:, :1], params, None, None)
    assert all(np.allclose(m, e, rtol=1e-12) for m, e in zip(means, exact)), name
"""


def test_what_was_compiled_is_kept_and_what_several_processes_compiled_does_not_mix(tmp_path):
    """Two kernels, each compiled in a process of its own, are loaded in others; Numba links their parts by name."""

    def run(*arguments):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        return subprocess.run([sys.executable, "-c", LOAD, *arguments], capture_output=True, text=True, env=environment)

    assert "it is compiled again" in run("from disk", "relu").stderr  # there is nothing yet
    for arguments in (["new", "relu"], ["new", "tanh"], ["from disk", "relu", "tanh"], ["from disk", "tanh", "relu"]):
        done = run(*arguments)
        assert done.returncode == 0, done.stderr


def test_a_mistake_in_the_source_is_compiled_too(monkeypatch):
    """The kernel is made from the package's own text; with a mistake planted there, the numbers are wrong."""
    import inspect

    source = inspect.getsource
    wrong = {"relu_grad": ("Z > 0", "Z > 1")}
    monkeypatch.setattr(compiled.inspect, "getsource", lambda f: source(f).replace(*wrong.get(f.__name__, ("", ""))))
    rng = np.random.default_rng(0)
    X, y, params = rng.normal(size=(30, 2)), np.ones((30, 1)), he_init(rng, 2, 8, 1)
    compiled.compiled.cache_clear()
    _, *grads = compiled.compiled(relu)(X, y, params)
    compiled.compiled.cache_clear()
    _, *right = kernel_of("numpy", relu, relu_grad)(X, y, params, None, None)
    assert np.abs(grads[0] - right[0]).max() > 1e-3
    assert np.allclose(grads[2], right[2], rtol=1e-12)


def test_float32_gives_the_numbers_of_float32():
    rng = np.random.default_rng(0)
    X, params = rng.normal(size=(500, 20)), he_init(rng, 20, 30, 2)
    X, y, *params = [a.astype(np.float32) for a in (X, X[:, :2] > 0, *params)]
    fast = compiled.compiled(relu)(X, y, tuple(params))
    for g, p in zip(fast, kernel_of("numpy", relu, relu_grad)(X, y, tuple(params), None, None), strict=True):
        assert np.asarray(g).dtype == np.asarray(p).dtype
        assert np.abs(g - p).max() <= 1e-6
