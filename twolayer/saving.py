"""Save a trained `TwoLayerNN` to one file of arrays and plain values, and load it: no pickle, nothing is executed.

The file is an .npz of NumPy, uncompressed, so any program that reads these can use the weights. Beside them stand the
settings, as JSON. `load` takes nothing for granted: what `save` would not have written is refused.
"""

import json
import zipfile
from io import BytesIO
from math import prod
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from sklearn.utils.validation import check_is_fitted

from twolayer.core import forward
from twolayer.estimator import TwoLayerNN
from twolayer.training import OPTIMIZERS, History

VERSION = 1
PLAIN = (bool, int, float, str, type(None))
CURVES = ("loss", "validation", "lr")
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def save(model: TwoLayerNN, path: str | PathLike[str]) -> None:
    """Write a fitted `TwoLayerNN` to a file: what it takes to predict, and to go on with the training.

    Raises NotFittedError before `fit`; TypeError for anything but a `TwoLayerNN`, such as a pipeline; ValueError if a
    parameter is a function or a generator, which cannot be saved without saving code.
    """
    if type(model) is not TwoLayerNN:
        raise TypeError(f"save takes a TwoLayerNN, got {type(model).__name__}: for that, use joblib or skops")
    check_is_fitted(model)
    meta, arrays = pack(model)
    with Path(path).open("wb") as file:  # given a name, savez would add an ending
        np.savez(file, meta=np.array(json.dumps(meta)), **arrays)


def load(path: str | PathLike[str]) -> TwoLayerNN:
    """Read a `TwoLayerNN` that `save` wrote.

    Raises ValueError, in a sentence that names the file, for anything else: another format or version, a part that is
    unknown, missing, of the wrong shape, of Python objects, or larger than the file. OSError if it cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        arrays = read(content)
        meta = json.loads(str(arrays.pop("meta")))
        if meta["twolayer"] != VERSION:
            raise ValueError(f"it is of version {meta['twolayer']!r}, and this is known: {VERSION}")
        model = unpack(meta, arrays)
        meta_again, arrays_again = pack(model)
        if meta_again != meta or list(arrays_again) != list(arrays):
            raise ValueError("it has a part that is not known")
        return model
    except Exception as error:
        raise ValueError(f"{path} is not a network that twolayer has saved: {error}") from error


def pack(model: TwoLayerNN) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain values and the arrays that make up a fitted estimator."""
    options = {name: v.item() if isinstance(v, np.generic) else v for name, v in model.get_params().items()}
    for name, value in options.items():
        if not isinstance(value, PLAIN):
            raise ValueError(f"{name} is {value!r}, which cannot be saved: set it to a number, a name or None first")
    history, several = model.history_, isinstance(model.classes_, list)
    labels = np.array([0, 1]) if several else np.asarray(model.classes_)
    meta = {
        "twolayer": VERSION,
        "options": options,
        "several": several,
        "objects": labels.dtype.kind == "O",
        "best_epoch": history.best_epoch,
        "stopped": history.stopped,
        "engine": history.engine,
        "optimizer": history.optimizer,
        "steps": history.steps,
        "split_seed": model._split_seed,
        "generator": model._generator.bit_generator.state,
    }
    arrays: dict[str, Any] = {f"param{i}": p for i, p in enumerate(model.params_)}
    arrays |= {f"state{i}": a for i, a in enumerate(flat(history.state))}
    arrays |= {name: np.array(getattr(history, name), dtype=float) for name in CURVES}
    arrays["classes"] = texts(labels)
    if hasattr(model, "feature_names_in_"):
        arrays["names"] = texts(model.feature_names_in_)
    return meta, arrays


def unpack(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> TwoLayerNN:
    """The estimator that `pack` took apart; an error if the parts do not fit each other."""
    model = TwoLayerNN(**meta["options"])
    params = tuple(arrays[f"param{i}"] for i in range(4))
    (d, h), k = params[0].shape, len(params[3])
    forward(np.empty((0, d)), params)  # raises if a shape does not fit
    state = OPTIMIZERS[meta["optimizer"]][0](params)
    saved = [arrays[f"state{i}"] for i in range(len(flat(state)))]
    like = [*params, *flat(state)]
    curves = {name: arrays[name].tolist() for name in CURVES}
    epochs, labels, names = len(curves["loss"]), arrays["classes"], arrays.get("names")
    fits = {
        "shape of a moment": [p.shape for p in like] == [p.shape for p in (*params, *saved)],
        "number of another precision": {p.dtype.str for p in (*params, *saved)} in ({"<f8"}, {"<f4"}),
        "number that is not finite": all(np.isfinite(p).all() for p in (*params, *saved)),
        "number of hidden units": model.hidden_size == h,
        "curve": {arrays[name].ndim for name in CURVES} == {1} and len(curves["lr"]) == epochs,
        "validation curve": len(curves["validation"]) in (0, epochs),
        "best epoch": meta["best_epoch"] is None or 0 <= meta["best_epoch"] < epochs,
        "step count": isinstance(meta["steps"], int) and meta["steps"] >= 0,
        "pair of classes": labels.shape == (2,) and labels[0] < labels[1] and (meta["several"] or k == 1),
        "list of feature names": names is None or names.shape == (d,),
    }
    for what, right in fits.items():
        if not right:
            raise ValueError(f"it has a {what} that does not fit the rest")
    model.params_, model.n_features_in_ = params, d
    model.history_ = History(
        **curves,
        best_epoch=meta["best_epoch"],
        stopped=meta["stopped"],
        engine=meta["engine"],
        optimizer=meta["optimizer"],
        state=refill(state, iter(saved), meta["steps"]),
        steps=meta["steps"],
    )
    model.classes_ = [labels] * k if meta["several"] else labels.astype(object) if meta["objects"] else labels
    model._split_seed, model._generator = meta["split_seed"], np.random.default_rng(0)
    model._generator.bit_generator.state = meta["generator"]
    if names is not None:
        model.feature_names_in_ = names.astype(object)
    return model


def flat(state: Any) -> list[np.ndarray]:
    """The arrays in an optimizer's state, however nested, in order."""
    if isinstance(state, tuple):
        return [array for part in state for array in flat(part)]
    return [state] if isinstance(state, np.ndarray) else []


def refill(state: Any, arrays: Any, steps: int) -> Any:
    """A state of this form, with these arrays in it; the number that Adam keeps is that of the steps."""
    if isinstance(state, tuple):
        return tuple(refill(part, arrays, steps) for part in state)
    return next(arrays) if isinstance(state, np.ndarray) else None if state is None else steps


def texts(array: np.ndarray) -> np.ndarray:
    """The array, its texts not as Python objects but as NumPy's."""
    if array.dtype.kind == "O" and not all(isinstance(value, str) for value in array):
        raise ValueError(f"the labels {array} are objects, which cannot be saved without pickle: use texts or numbers")
    return array.astype(str) if array.dtype.kind in "OT" else array


def read(content: bytes) -> dict[str, np.ndarray]:
    """The arrays in the bytes of an .npz, in no more memory than these take."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > len(content):
            raise ValueError("its parts are larger than the file")
        arrays = {}
        for member in members:
            with archive.open(member) as file:
                arrays[member.filename.removesuffix(".npy")] = read_array(member.filename, file)
    if len(arrays) < len(members):
        raise ValueError("it has a part twice")
    return arrays


def read_array(name: str, file: IO[bytes]) -> np.ndarray:
    """One array of numbers or texts, in NumPy's format; nothing is allocated that the file does not hold."""
    shape, fortran, dtype = HEADERS[npy.read_magic(file)](file)
    if dtype.kind not in "biufU":
        raise ValueError(f"{name} holds {dtype}, and not numbers or texts")
    data = file.read()
    if len(data) != prod(shape) * dtype.itemsize:
        raise ValueError(f"{name} has {len(data)} bytes, which is not its shape, {shape}")
    return np.ndarray(shape, dtype, data, order="F" if fortran else "C").copy()
