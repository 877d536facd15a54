"""What decides between NumPy and Numba, and what Numba is given; Numba itself is in tests/long."""

import inspect
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from networks import network, relative
from twolayer import TwoLayerNN, compiled, he_init, relu, relu_grad, tanh, train, training

NET = network(0, d=3, h=4, k=1, n=20, scale=1.0)
DEEP = he_init(np.random.default_rng(0), 3, 4, 4, 1)


@pytest.fixture
def numba_is_there(monkeypatch):
    monkeypatch.setattr(compiled, "find_spec", lambda name: object())


def chosen(engine, params=NET.params, X=NET.X, epochs=10, activation=relu, activation_grad=relu_grad):
    return training.chosen_engine(engine, params, X, epochs, activation, activation_grad)


@pytest.mark.usefixtures("numba_is_there")
class TestChoice:
    def test_what_is_asked_for_and_can_be_done_is_done(self):
        assert chosen("numpy") == "numpy"
        assert chosen("numba") == "numba"
        assert chosen("numba", X=NET.X > 0) == "numba"  # truth values are exact in float64
        single = NET.astype(np.float32)
        assert chosen("numba", params=single.params, X=single.X) == "numba"

    def test_auto_compiles_where_the_training_is_long_enough(self):
        enough = -(-training.WORTH_COMPILING // (8_000 + 20 * 4))
        assert chosen("auto", epochs=enough - 1) == "numpy"
        assert chosen("auto", epochs=enough) == "numba"
        assert chosen("numpy", epochs=enough) == "numpy"

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"params": DEEP}, "it compiles one hidden layer, and here are 2"),
            ({"params": NET.astype(np.float32).params}, "float32, and here are X of float64 and parameters of float32"),
            ({"params": (*NET.params[:3], NET.params[3].astype(np.float32))}, "parameters of float64, float32"),
            ({"X": NET.X.astype(np.longdouble)}, "float32, and here are X of"),
            ({"activation": tanh, "activation_grad": relu_grad}, "and here is tanh"),
            ({"activation": lambda Z: Z, "activation_grad": relu_grad}, "and here is <lambda>"),
        ],
        ids=["deep", "float32", "two dtypes", "long double", "mixed", "own"],
    )
    def test_what_cannot_be_compiled_is_said_or_left_to_numpy(self, changes, why):
        with pytest.raises(ValueError, match="engine 'numba' cannot be used: it co") as raised:
            chosen("numba", **changes)
        assert why in str(raised.value)
        assert chosen("auto", epochs=10**9, **changes) == "numpy"


def test_without_numba_the_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(compiled, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'Numba is not installed: pip install "twolayer\[fast\]"'):
        TwoLayerNN(engine="numba").fit(NET.X, NET.y[:, 0])
    assert chosen("auto", epochs=10**9) == "numpy"


def test_the_estimator_says_which():
    model = TwoLayerNN(engine="auto", epochs=5).fit(NET.X, NET.y[:, 0])
    assert model.engine_ == model.history_.engine == "numpy"
    with pytest.raises(ValueError, match="engine must be one of numpy, numba, auto, got 'fast'"):
        TwoLayerNN(engine="fast").fit(NET.X, NET.y[:, 0])


@pytest.fixture
def compiled_names(monkeypatch, numba_is_there):
    """A stand-in for Numba that compiles nothing; the names of what it was given."""
    names = []

    def njit(function, **options):
        names.append(function.__qualname__)
        return function

    monkeypatch.setitem(sys.modules, "numba", SimpleNamespace(njit=njit))
    compiled.compiled.cache_clear()
    yield names
    compiled.compiled.cache_clear()


@pytest.mark.usefixtures("compiled_names")
@pytest.mark.parametrize("activation", compiled.ACTIVATIONS, ids=lambda function: function.__name__)
def test_the_source_read_for_one_number_gives_the_numbers_of_the_functions(activation):
    options = {"activation": activation, "activation_grad": compiled.gradient_of(activation)}
    options |= {"lr": 0.1, "epochs": 10, "dropout": 0.5, "sample_weight": np.arange(1.0, 21)}
    (plain, plain_history), (fast, fast_history) = [
        train(NET.params, NET.X, NET.y, engine=engine, rng=np.random.default_rng(0), **options)
        for engine in ("numpy", "numba")
    ]
    assert fast_history.engine == "numba"
    assert relative(plain, fast) <= 1e-13
    assert relative(plain_history.loss, fast_history.loss) <= 1e-13
    assert len({*plain_history.loss}) == 10


@pytest.mark.usefixtures("compiled_names")
def test_float32_stays():
    single = NET.astype(np.float32)
    _, *grads = compiled.compiled(relu)(single.X, single.y, single.params)
    assert {g.dtype for g in grads} == {np.dtype(np.float32)}
    assert relative(tuple(grads), tuple(compiled.compiled(relu)(NET.X, NET.y, NET.params)[1:])) <= 1e-6


def test_a_changed_source_gets_a_name_of_its_own(monkeypatch, compiled_names):
    """Else Numba would load what it compiled before somebody changed a formula."""
    source = inspect.getsource
    for before, after in (("", ""), ("", ""), ("Z > 0", "Z > 1")):
        text = partial(lambda f, b, a: source(f).replace(b, a) if b else source(f), b=before, a=after)
        monkeypatch.setattr(compiled.inspect, "getsource", text)
        compiled.compiled.cache_clear()
        compiled.compiled(relu)
    for name in ("by_units", "bce", "activation"):  # callees as well: they are linked by name
        first, again, changed = [full for full in compiled_names if full.startswith(f"{name}_relu_")]
        assert first == again != changed


@pytest.mark.usefixtures("compiled_names")
def test_with_a_bar_it_is_said_that_compiling_takes_its_time(capsys):
    train(NET.params, NET.X, NET.y, lr=0.1, epochs=2, engine="numba", progress=True)
    assert "compiling" in capsys.readouterr().err
