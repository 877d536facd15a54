"""What decides between NumPy and Numba; Numba itself, which takes minutes to compile, is in tests/long."""

import importlib.util

import numpy as np
import pytest

from networks import network
from twolayer import TwoLayerNN, compiled, gelu, gelu_grad, he_init, relu, relu_grad, tanh, train, training

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

    def test_auto_compiles_where_the_training_is_long_enough(self):
        enough = training.WORTH_COMPILING // (20 * 4)
        assert chosen("auto", epochs=enough - 1) == "numpy"
        assert chosen("auto", epochs=enough) == "numba"
        assert chosen("numpy", epochs=enough) == "numpy"

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"params": DEEP}, "it compiles one hidden layer, and here are 2"),
            ({"params": NET.astype(np.float32).params}, "float64, and here are X of float64 and parameters of float32"),
            ({"X": NET.X.astype(np.longdouble)}, "float64, and here are X of"),
            ({"activation": gelu, "activation_grad": gelu_grad}, "and here is gelu"),
            ({"activation": tanh, "activation_grad": relu_grad}, "and here is tanh"),
            ({"activation": lambda Z: Z, "activation_grad": relu_grad}, "and here is <lambda>"),
        ],
        ids=["deep", "float32", "long double", "gelu", "mixed", "own"],
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


def test_the_engine_that_computes_is_the_one_that_was_chosen(monkeypatch):
    """A stand-in for Numba, which compiles nothing: the transformed source gives the numbers of the plain functions."""
    stand_in = type("numba", (), {"njit": staticmethod(lambda function, **options: function)})
    monkeypatch.setitem(__import__("sys").modules, "numba", stand_in)
    monkeypatch.setattr(compiled, "find_spec", lambda name: object())
    compiled.compiled.cache_clear()
    try:
        for activation in compiled.ACTIVATIONS:
            options = {"activation": activation, "activation_grad": compiled.gradient_of(activation)}
            options |= {"lr": 0.1, "epochs": 20, "dropout": 0.5, "sample_weight": np.arange(1.0, 21)}
            results = [
                train(NET.params, NET.X, NET.y, engine=engine, rng=np.random.default_rng(0), **options)
                for engine in ("numpy", "numba")
            ]
            (plain, plain_history), (fast, fast_history) = results
            assert fast_history.engine == "numba"
            assert all(np.array_equal(p, q) for p, q in zip(plain, fast, strict=True))
            assert plain_history.loss == fast_history.loss
    finally:
        compiled.compiled.cache_clear()


def test_a_changed_source_gets_a_name_of_its_own():
    """Else Numba would run what it compiled before a student changed the formula."""
    assert importlib.util.find_spec("numba") is None or compiled.compiled(relu) is compiled.compiled(relu)
