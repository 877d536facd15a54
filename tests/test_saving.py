"""Saving: what comes back is the same network in every bit, and a file of another make is refused in a sentence."""

import json
import os
import pickle
import struct
import zipfile

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_circles
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from twolayer.saving import pack

from twolayer import TwoLayerNN, load, save

X, Y = make_circles(60, noise=0.1, factor=0.5, random_state=0)
KINDS = {
    "plain": ({}, Y),
    "adam in batches": ({"optimizer": "adam", "lr": 0.01, "batch_size": 16, "dropout": 0.2, "augment": "jitter"}, Y),
    "nesterov, patient": ({"optimizer": "nesterov", "lr": 0.05, "patience": 30, "validation_fraction": 0.2}, Y),
    "texts": ({"activation": "tanh"}, np.array(["no", "yes"])[Y]),
    "texts as objects": ({}, np.array(["no", "yes"], dtype=object)[Y]),
    "truth values": ({"hidden_size": np.int64(3), "l2": np.float64(0.1)}, Y == 1),
    "two labels": ({"schedule": "cosine"}, np.column_stack([Y, X[:, 0] > 0]).astype(int)),
}


def network(kind="plain", **parameters):
    options, y = KINDS[kind]
    return TwoLayerNN(**{"epochs": 20, "random_state": 0, "warm_start": True} | options | parameters).fit(X, y)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network"


def same(one, two):
    assert one.get_params() == two.get_params()
    assert one.history_ == two.history_
    np.testing.assert_equal(one.history_.state, two.history_.state)
    assert [(p.dtype, p.tobytes()) for p in one.params_] == [(p.dtype, p.tobytes()) for p in two.params_]
    np.testing.assert_equal(one.classes_, two.classes_)
    return True


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_comes_back_in_every_bit_and_goes_on_as_if_it_had_stayed(path, kind, dtype):
    y = KINDS[kind][1]
    model = TwoLayerNN(**{"epochs": 20, "random_state": 0, "warm_start": True} | KINDS[kind][0]).fit(X.astype(dtype), y)
    assert save(model, path) is None
    found = load(path)
    assert same(found, model)
    assert found.predict(X).dtype == model.predict(X).dtype
    np.testing.assert_array_equal(found.predict(X), model.predict(X))
    np.testing.assert_array_equal(found.predict_proba(X), model.predict_proba(X))
    assert same(found.fit(X.astype(dtype), y), model.fit(X.astype(dtype), y))


def test_the_names_of_the_features_come_back(path):
    frames = pytest.importorskip("pandas")
    frame = frames.DataFrame(X, columns=["north", "öst"])
    save(TwoLayerNN(epochs=3).fit(frame, Y), str(path))
    found = load(str(path))
    assert found.feature_names_in_.tolist() == ["north", "öst"]
    found.predict(frame)
    with pytest.raises(ValueError, match="same order"):
        found.predict(frame[["öst", "north"]])


def test_the_file_is_arrays_that_numpy_reads_without_pickle(path):
    model = network()
    save(model, path)
    with np.load(path, allow_pickle=False) as file:
        assert [file[f"param{i}"].tobytes() for i in range(4)] == [p.tobytes() for p in model.params_]
        assert json.loads(str(file["meta"]))["options"]["hidden_size"] == 16
        assert set(file) == {*(f"param{i}" for i in range(4)), "meta", "loss", "validation", "lr", "classes"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"callback": lambda epoch, params, history: None},
        {"schedule": lambda t: 0.1},
        {"augment": lambda rng, X, y: (X, y)},
        {"random_state": np.random.RandomState(0)},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_a_function_cannot_be_saved(path, parameters):
    (name,) = parameters
    model = network(**parameters)
    with pytest.raises(ValueError, match=f"{name} is .* which cannot be saved"):
        save(model, path)
    assert not path.exists()
    save(model.set_params(**{name: TwoLayerNN().get_params()[name]}), path)
    assert load(path).loss_curve_ == model.loss_curve_


def test_what_cannot_be_saved_says_so(path):
    with pytest.raises(TypeError, match=r"takes a TwoLayerNN, got Pipeline: for that, use joblib or skops"):
        save(make_pipeline(StandardScaler(), TwoLayerNN(epochs=2)).fit(X, Y), path)
    with pytest.raises(NotFittedError):
        save(TwoLayerNN(), path)
    with pytest.raises(FileNotFoundError):
        load(path)


def test_joblib_and_skops_keep_pipelines(path):
    import skops.io  # which imports all of scikit-learn, for seconds

    model = make_pipeline(StandardScaler(), network("adam in batches"))
    joblib.dump(model.fit(X, Y), path)
    assert same(joblib.load(path)[-1], model[-1])
    skops.io.dump(model, path)
    unknown = skops.io.get_untrusted_types(file=path)
    assert unknown == ["twolayer.estimator.TwoLayerNN", "twolayer.training.History"]
    found = skops.io.load(path, trusted=unknown)
    np.testing.assert_array_equal(found.predict_proba(X), model.predict_proba(X))
    assert same(found[-1], model[-1])


# Files of another make


MODEL, ADAM = network(), network("adam in batches")


class Evil:
    def __reduce__(self):
        return os.abort, ()


def parts():
    """The arrays of a file, to change some and write it anew."""
    meta, arrays = pack(ADAM)
    return {"meta": meta, **arrays}


def write(path, arrays):
    if isinstance(arrays.get("meta"), dict):
        arrays = {**arrays, "meta": np.array(json.dumps(arrays["meta"]))}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def changed(**changes):
    return lambda arrays: {**arrays, **changes}


def meta(**changes):
    return lambda arrays: {**arrays, "meta": {**arrays["meta"], **changes}}


def options(**changes):
    return lambda arrays: {**arrays, "meta": {**arrays["meta"], "options": {**arrays["meta"]["options"], **changes}}}


def without(name):
    return lambda arrays: {key: value for key, value in arrays.items() if key != name}


HOSTILE = {
    "an object in a weight": (changed(param0=np.array([Evil()])), "object, and not numbers"),
    "an object as meta": (changed(meta=np.array(Evil(), dtype=object)), "object, and not numbers"),
    "records": (changed(param0=np.zeros(3, [("a", "f8")])), "not numbers"),
    "a version to come": (meta(twolayer=2), "it is of version 2, and this is known: 1"),
    "no version": (lambda arrays: {**arrays, "meta": {"a": 1}}, "twolayer"),
    "meta that is no dictionary": (changed(meta=np.array("[1]")), ""),
    "meta that is no JSON": (changed(meta=np.array("{]")), ""),
    "meta that nests too deep": (changed(meta=np.array("[" * 100_000)), ""),
    "no meta": (without("meta"), "meta"),
    "no weight": (without("param2"), "param2"),
    "no moment": (without("state7"), "state7"),
    "no curve": (without("lr"), "lr"),
    "one array more": (changed(extra=np.zeros(3)), "not known"),
    "one moment more": (changed(state8=np.zeros(3)), "not known"),
    "one setting more": (meta(extra=1), "not known"),
    "one option more": (options(extra=1), "extra"),
    "one option less": (meta(options={"hidden_size": 16}), "not known"),
    "an option that is a list": (options(lr=[1]), "lr is"),
    "another optimizer": (meta(optimizer="newton"), "newton"),
    "weights of another shape": (changed(param0=np.zeros((3, 16))), "does not fit|moment"),
    "weights that do not fit": (changed(param2=np.zeros((5, 1))), "mismatch"),
    "a bias that would broadcast": (changed(param1=np.zeros(1)), "do not fit"),
    "a moment that would broadcast": (changed(state1=np.zeros(1)), "moment"),
    "whole numbers as weights": (changed(param1=np.zeros(16, int)), "another precision"),
    "mixed precision": (changed(param1=np.zeros(16, np.float32)), "another precision"),
    "NaN": (changed(param1=np.full(16, np.nan)), "not finite"),
    "another number of units": (options(hidden_size=4), "hidden units"),
    "a curve of two axes": (changed(loss=np.zeros((2, 20))), "curve|fit"),
    "a curve too short": (changed(lr=np.zeros(3)), "curve"),
    "an epoch that was not": (meta(best_epoch=99), "best epoch"),
    "steps below none": (meta(steps=-1), "step count"),
    "one class": (changed(classes=np.array([1])), "pair of classes"),
    "a class twice": (changed(classes=np.array([1, 1])), "pair of classes"),
    "another generator": (meta(generator={"bit_generator": "MT19937"}), ""),
    "no generator": (meta(generator=None), ""),
    "names of other features": (changed(names=np.array(["a", "b", "c"])), "feature names"),
}


@pytest.mark.parametrize("change, message", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_save_would_not_write_is_refused(path, change, message):
    write(path, parts())
    load(path)  # as it is, it can be read
    write(path, change(parts()))
    with pytest.raises(ValueError, match=f"network is not a network that twolayer has saved: .*({message})"):
        load(path)


def test_what_is_no_zip_is_refused(path):
    for content in (b"", b"PK", b"PK\x05\x06" + bytes(18), pickle.dumps(Evil()), b"\x93NUMPY" + bytes(99)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not a network that twolayer has saved"):
            load(path)


@given(cut=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 10**6))
def test_a_file_cut_off_or_spoilt_is_refused_or_harmless(tmp_path_factory, cut, flip):
    path = tmp_path_factory.getbasetemp() / "spoilt"
    save(MODEL, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(ValueError, match="is not a network that twolayer has saved"):
        load(path)
    spoilt = bytearray(content)
    spoilt[flip % len(content)] ^= 255
    path.write_bytes(spoilt)
    try:
        assert same(load(path), MODEL)  # the byte is one that nobody reads, such as a date
    except ValueError as error:
        assert "is not a network that twolayer has saved" in str(error)


def header(shape, dtype="<f8"):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def test_a_bomb_takes_no_memory(path):
    """A header that claims a terabyte, and ten megabytes of zeros in ten kilobytes."""
    arrays = parts()
    write(path, without("param0")(arrays))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("param0.npy", header((10**6, 10**5)) + bytes(80))
    with pytest.raises(ValueError, match=r"param0\.npy has 80 bytes, which is not its shape"):
        load(path)
    write(path, without("param0")(arrays))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("param0.npy", header((1250, 1000)) + bytes(10**7))
    assert path.stat().st_size < 50_000
    with pytest.raises(ValueError, match="larger than the file"):
        load(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_twice_is_refused(path):
    write(path, parts())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("param1.npy", header((16,)) + bytes(128))
    with pytest.raises(ValueError, match="a part twice"):
        load(path)
