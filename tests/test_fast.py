"""The compiled step: the numbers of the plain functions, and NumPy's where Numba is missing or does not work."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import network, relative
from twolayer import backward, bce, bce_grad, fast, forward, he_init
from twolayer.objective import Objective

NET = network(0, d=3, h=4, k=2, n=20, scale=1.0)
SIZES = st.tuples(*(st.integers(1, most) for most in (6, 20, 3, 60)))  # d, h, k, n
EQUATIONS = ("row-Z2", "row-loss", "row-dW2", "row-dZ1")


def row_errors(net, sample_by_sample=fast.sample_by_sample):
    """Largest error of each equation: the loop in plain Python against the plain functions."""
    W1, b1, W2, b2 = net.params
    Z2, cache = forward(net.X, net.params)
    dW1, *exact = backward(bce_grad(Z2, net.y), cache, net.params)
    Z1 = net.X @ W1
    loss, db1, dW2, db2 = sample_by_sample(Z1, net.y, b1, W2.T, b2)
    sums = relative((db1, dW2.T, db2), tuple(exact))
    losses = relative(loss, bce(Z2, net.y))
    return dict(zip(EQUATIONS, (max(losses, sums), losses, sums, relative(net.X.T @ Z1, dW1)), strict=True))


@pytest.mark.verifies(*EQUATIONS, by="forward, bce and backward", bound=1e-13)
@given(st.integers(0, 10_000), SIZES)
def test_sample_by_sample_the_numbers_are_those_of_whole_layers(verified, seed, sizes):
    for equation, error in row_errors(network(seed, *sizes)).items():
        verified(error, of=equation)


@pytest.mark.parametrize(
    ("equation", "right", "wrong"),
    [
        ("row-Z2", "z = b2[c]", "z = 0.0"),
        ("row-loss", "t[c] * max(-z", "t[c] * max(z"),
        ("row-dW2", "dW2[c, j] += a[j] * dz", "dW2[c, j] += dz"),
        ("row-dZ1", "* (a[j] > 0)", "* (a[j] > 1)"),
    ],
)
def test_each_comparison_finds_a_mistake(equation, right, wrong):
    source, space = inspect.getsource(fast.sample_by_sample), {"np": np}
    assert source.count(right) == 1
    exec(source.replace(right, wrong), space)
    assert row_errors(NET, space["sample_by_sample"])[equation] > 1e-2


@pytest.mark.verifies("row-loss", by="bce, where e^z is lost or overflows", bound=1e-15)
@pytest.mark.parametrize("z", [0.0, 1e-9, 37.0, 745.0, 1e4, 1e300])
@pytest.mark.parametrize("label", [0.0, 0.3, 1 - 1e-12, 1.0])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_the_loss_of_extreme_logits(verified, z, label, sign):
    y, W2 = np.array([[label]]), np.array([[sign]])
    loss, *_ = fast.sample_by_sample(np.array([[z]]), y, np.zeros(1), W2, np.zeros(1))
    exact = bce(np.array([[sign * z]]), y)
    verified(abs(loss - exact) / exact if exact else abs(loss))


@pytest.fixture(scope="module")
def numba():
    return pytest.importorskip("numba", reason="the extra `fast` is not installed")


@given(st.integers(0, 10_000), SIZES, st.integers(1, 70))
def test_compiled_and_in_blocks_the_numbers_are_those_of_the_plain_functions(numba, seed, sizes, rows):
    net = network(seed, *sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "rows_in_cache", lambda params: rows)
        loss, grads = fast.loss_and_gradients(net.params, net.X, net.y)
    assert fast.compiled()
    Z2, cache = forward(net.X, net.params)
    assert relative((loss, *grads), (bce(Z2, net.y), *backward(bce_grad(Z2, net.y), cache, net.params))) <= 1e-12
    assert type(loss) is float


def test_after_a_thousand_steps_the_parameters_are_the_same(numba):
    X = np.random.default_rng(0).normal(size=(200, 2))
    y = ((X**2).sum(axis=1, keepdims=True) < 1.4).astype(float)
    plain = compiled = he_init(np.random.default_rng(0), 2, 16, 1)
    for _ in range(1000):
        plain = tuple(p - 0.5 * g for p, g in zip(plain, Objective().with_gradients(plain, X, y)[1], strict=True))
        grads = fast.loss_and_gradients(compiled, X, y)[1]
        compiled = tuple(p - 0.5 * g for p, g in zip(compiled, grads, strict=True))
    assert relative(plain, compiled) <= 1e-12


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


@pytest.mark.parametrize(
    "arranged",
    [np.asfortranarray, lambda a: np.repeat(a, 2, axis=-1)[..., ::2], lambda a: a[::-1].copy()[::-1], read_only],
    ids=["column by column", "every other", "backwards", "read only"],
)
def test_any_arrangement_in_memory_gives_the_numbers_and_stays(numba, arranged):
    arrays = X, y, *params = [arranged(a) for a in (NET.X, NET.y, *NET.params)]
    before = [a.copy() for a in arrays]
    loss, grads = fast.loss_and_gradients(tuple(params), X, y)
    exact_loss, exact = fast.loss_and_gradients(NET.params, NET.X, NET.y)
    assert relative((loss, *grads), (exact_loss, *exact)) <= 1e-15
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


def test_a_value_that_is_not_finite_is_not_hidden(numba):
    X = NET.X.copy()
    X[7, 1] = np.nan
    with np.errstate(invalid="ignore"):
        loss, (dW1, db1, dW2, db2) = fast.loss_and_gradients(NET.params, X, NET.y)
    assert np.isnan([loss, *dW1[1], *db1, *db2]).all()


DEEP = he_init(np.random.default_rng(0), 3, 4, 5, 2)
SINGLE = NET.astype(np.float32)


@pytest.mark.parametrize(
    ("params", "X", "y"),
    [
        (DEEP, NET.X, NET.y),
        (SINGLE.params, SINGLE.X, NET.y.astype(np.float32)),
        (SINGLE.params, NET.X, NET.y),
        (NET.params, NET.X.astype(np.longdouble), NET.y),
        (NET.params, np.sign(NET.X).astype(int), NET.y),
        (NET.params, NET.X, NET.y > 0),
    ],
    ids=["three layers", "float32", "float32 parameters", "long double", "integers", "bool"],
)
def test_what_is_not_compiled_is_left_to_numpy(monkeypatch, params, X, y):
    monkeypatch.setattr(fast, "compiled", lambda: pytest.fail("it is given to Numba"))
    loss, grads = fast.loss_and_gradients(params, X, y)
    exact_loss, exact = Objective().with_gradients(params, X, y)
    assert loss == exact_loss
    for g, e in zip(grads, exact, strict=True):
        assert g.dtype == e.dtype
        assert np.array_equal(g, e)


@pytest.mark.parametrize(
    "wrong",
    [
        {"X": NET.X[:, :2]},
        {"X": NET.X[:19]},
        {"X": NET.X[:0], "y": NET.y[:0]},
        {"y": NET.y[:, :1]},
        {"y": NET.y[:, 0]},
        {"W1": NET.params[0][:, :3]},
        {"b1": NET.params[1][:3]},
        {"W2": NET.params[2].T},
        {"b2": NET.params[3][:1]},
        {"b2": NET.params[3][None]},
    ],
    ids=lambda wrong: ", ".join(f"{name} {a.shape}" for name, a in wrong.items()),
)
def test_shapes_that_do_not_fit_are_named(wrong):
    given = {"X": NET.X, "y": NET.y} | dict(zip(("W1", "b1", "W2", "b2"), NET.params, strict=True)) | wrong
    with pytest.raises(ValueError, match=r"shape|do not fit"):
        fast.loss_and_gradients(tuple(given[name] for name in ("W1", "b1", "W2", "b2")), given["X"], given["y"])


@pytest.fixture
def fresh():
    """As in a process that has not compiled yet."""
    fast.compiled.cache_clear()
    yield
    fast.compiled.cache_clear()


def broken(*signature, **options):
    raise RuntimeError("cannot compile")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("module", "why"), [(None, "ModuleNotFoundError.*install numba"), (SimpleNamespace(njit=broken), "cannot compile")]
)
def test_where_numba_does_not_work_it_is_said_once_and_numpy_computes(monkeypatch, module, why):
    monkeypatch.setitem(sys.modules, "numba", module)
    with pytest.warns(UserWarning, match=f"NumPy computes, not Numba.*{why}") as warned:
        loss, grads = fast.loss_and_gradients(NET.params, NET.X, NET.y)
    assert Path(warned[0].filename) == Path(__file__)
    again = fast.loss_and_gradients(NET.params, NET.X, NET.y)  # a second warning would be an error
    exact_loss, exact = Objective().with_gradients(NET.params, NET.X, NET.y)
    assert loss == again[0] == exact_loss
    assert all(map(np.array_equal, grads, exact))


PROCESS = """
import sys
import numba.core.compiler
import numpy as np
from twolayer import fast
from twolayer.objective import Objective

compile_extra = numba.core.compiler.CompilerBase.compile_extra
X = np.random.default_rng(0).normal(size=(9, 2))
y, params = np.ones((9, 1)), (X[:2], X[2], X[3:5, :1], X[5, :1])
exact_loss, exact = Objective().with_gradients(params, X, y)

def compute(compiler):
    numba.core.compiler.CompilerBase.compile_extra = compiler
    fast.compiled.cache_clear()
    loss, grads = fast.loss_and_gradients(params, X, y)
    assert abs(loss - exact_loss) <= 1e-12
    assert all(np.allclose(g, e, rtol=0, atol=1e-12) for g, e in zip(grads, exact, strict=True))

def refuse(*arguments, **options):
    raise RuntimeError("it is compiled again")

for how in sys.argv[1:]:
    compute(refuse if how == "from disk" else compile_extra)
"""


def process(folder, *arguments, **environment):
    command = [sys.executable, "-c", PROCESS, *arguments]  # which finds a package in its folder first
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=os.environ | environment)


def test_what_one_process_compiled_another_loads(numba, tmp_path):
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    first = process(tmp_path, "from disk", "compiled", **cache)
    assert (first.returncode, "it is compiled again" in first.stderr) == (0, True)  # there was nothing yet
    second = process(tmp_path, "from disk", **cache)
    assert (second.returncode, second.stderr) == (0, "")


def test_where_the_cache_cannot_be_written_numpy_computes(numba, tmp_path):
    """A file stands where each folder would be made, which stops the superuser as well."""
    package = tmp_path / "twolayer"
    shutil.copytree(Path(fast.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "checker"))
    (package / "__pycache__").touch()
    places = dict.fromkeys(("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"), str(package / "__pycache__"))
    done = process(tmp_path, "compiled", PYTHONDONTWRITEBYTECODE="1", **places)
    assert done.returncode == 0, done.stderr
    assert "NumPy computes, not Numba (RuntimeError(\"cannot cache function 'sample_by_sample'" in done.stderr
    assert "set NUMBA_CACHE_DIR" in done.stderr
