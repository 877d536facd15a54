"""Watching a part of a notebook: `with twolayer.watch() as w:` around one training step, then `w`."""

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np

from twolayer.checker import array, explain, findings
from twolayer.checker.array import Number, Traced, plain
from twolayer.checker.parameters import Parameters
from twolayer.checker.program import Source, named
from twolayer.checker.report import Report
from twolayer.checker.stand_ins import RECORDED
from twolayer.checker.tape import Tape
from twolayer.checker.verdict import settle


class watch:
    """Records what the code in the `with` block does with the variables of its module, and judges it afterwards.

    Arrays are traced in place and are plain again at the end; the report is the value of the object.
    """

    def __enter__(self) -> "watch":
        self.space = sys._getframe(1).f_globals
        self.tape = array.use(Tape())
        self.numpy = {k: v for k, v in self.space.items() if v is np}
        self.space.update(dict.fromkeys(self.numpy, RECORDED["numpy"]))
        self.change(lambda value, name: named(value, name) if isinstance(value, np.ndarray) else value)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.change(lambda value, name: named(value, name))
        self.change(lambda value, _: plain(value) if isinstance(value, Traced | Number) else value)
        self.space.update(self.numpy)
        self.tape.paused = True
        params = Parameters(self.tape)
        outcome = settle(self.tape, params)
        self.report = Report("watched code")
        place = explain.Places({"": Source(Path(), "")}, "")
        self.report.findings += explain.verdict(outcome, params, place)
        self.report.findings += findings.all_of(types.SimpleNamespace(params=params), outcome, place)

    def change(self, replace: Any) -> None:
        """Replace every array among the variables, and in their lists, dictionaries and objects."""
        for name, value in list(self.space.items()):
            if not name.startswith("_") and not isinstance(value, types.ModuleType | types.FunctionType | type):
                self.space[name] = self.inside(value, name, replace, 0)

    def inside(self, value: Any, name: str, replace: Any, depth: int) -> Any:
        if isinstance(value, np.ndarray | np.generic):
            return replace(value, name)
        if depth < 4 and type(value) in (list, tuple) and len(value) < 1000:
            made = [self.inside(v, f"{name}[{i}]", replace, depth + 1) for i, v in enumerate(value)]
            if type(value) is tuple:
                return tuple(made)
            value[:] = made
        elif depth < 4 and isinstance(value, dict):
            value.update({k: self.inside(v, f"{name}[{k!r}]", replace, depth + 1) for k, v in list(value.items())})
        elif (
            depth < 4
            and value is not self
            and hasattr(value, "__dict__")
            and not isinstance(value, types.ModuleType | type)
        ):
            for k, v in list(vars(value).items()):
                if isinstance(v, np.ndarray | np.generic | list | dict | tuple):
                    setattr(value, k, self.inside(v, f"{name}.{k}", replace, depth + 1))
        return value

    def __repr__(self) -> str:
        return repr(self.report) if hasattr(self, "report") else "nothing was watched yet"

    def _repr_html_(self) -> str:
        return self.report._repr_html_()
