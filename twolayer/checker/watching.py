"""Watching a part of a notebook: `with twolayer.watch() as w:` around one training step, then `w`."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.checker import array
from twolayer.checker.array import Number, plain
from twolayer.checker.examine import fill
from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Source, named
from twolayer.checker.report import Report
from twolayer.checker.stand_ins import RECORDED
from twolayer.checker.tape import Tape
from twolayer.checker.verdict import settle

DEPTH, LONG = 4, 1000  # of lists in lists, and of a list, in which arrays are looked for
LEFT_ALONE = (types.ModuleType, types.FunctionType, type)


class watch:
    """Records what the code in the `with` block does with the variables of its module, and judges it afterwards.

    Arrays are traced in place and are plain again at the end; the report is the value of the object.
    """

    def __enter__(self) -> "watch":
        self.space = sys._getframe(1).f_globals
        self.tape = array.use(Tape())
        self.numpy = [name for name, value in self.space.items() if value is np]
        self.space.update(dict.fromkeys(self.numpy, RECORDED["numpy"]))
        replace(self.space, "", named)
        return self

    def __exit__(self, *error: object) -> None:
        replace(self.space, "", lambda value, name: plain(named(value, name)))
        self.space.update(dict.fromkeys(self.numpy, np))
        self.tape.paused = True
        params = Parameters(self.tape)
        self.report = Report("watched code")
        fill(self.report, {"": Source(Path(), "")}, params, settle(self.tape, params))

    def __repr__(self) -> str:
        return repr(self.report) if hasattr(self, "report") else "nothing was watched yet"

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def replace(value: Any, name: str, change: Callable[[Any, str], Any], depth: int = 0) -> Any:
    """The same with every array in it changed: in place in lists, dictionaries and objects."""
    if isinstance(value, np.ndarray | Number):
        return change(value, name)
    if depth > DEPTH or isinstance(value, (*LEFT_ALONE, watch)) or (hasattr(value, "__len__") and len(value) > LONG):
        return value
    if type(value) is tuple:
        return tuple(replace(v, f"{name}[{i}]", change, depth + 1) for i, v in enumerate(value))
    if type(value) is list:
        value[:] = replace(tuple(value), name, change, depth)
    elif isinstance(value, dict):
        for key, one in list(value.items()):
            if depth or not key.startswith("_"):  # at first the variables of the module
                value[key] = replace(one, f"{name}[{key!r}]" if depth else key, change, depth + 1)
    elif hasattr(value, "__dict__"):
        for key, one in list(vars(value).items()):
            if isinstance(one, np.ndarray | Number | list | dict | tuple):
                vars(value)[key] = replace(one, f"{name}.{key}", change, depth + 1)
    return value
