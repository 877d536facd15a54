"""The data of `twolayer train`: two made up, one real, or a CSV file read so that a mistake in it is found at once.

Every complaint is a ValueError of one plain sentence that names file, line and column.
"""

import csv
import io
import re
from math import isfinite, isnan
from pathlib import Path

import numpy as np

LARGEST = 1e150  # beyond, squares overflow and a variance cannot be had
DATASETS = ("circles", "moons", "breast_cancer")

Data = tuple[np.ndarray, np.ndarray, list[str]]


def load_data(source: str, samples: int, seed: int, target: str | None = None) -> Data:
    """(X, y, names of the features) of one of DATASETS, or of the CSV file at the path `source`.

    samples and seed count for circles and moons only, target for a file only. X (n, d) float64; y (n,).
    """
    if source not in DATASETS:
        return read_csv(source, target)
    if target is not None:
        raise ValueError(f"--target names the label of a CSV file; {source} has its own")
    from sklearn import datasets

    if source == "breast_cancer":
        cancer = datasets.load_breast_cancer()
        return cancer.data, cancer.target_names[cancer.target], list(cancer.feature_names)
    if source == "circles":
        X, y = datasets.make_circles(samples, noise=0.1, factor=0.5, random_state=seed)
    else:
        X, y = datasets.make_moons(samples, noise=0.1, random_state=seed)
    return X, y, ["feature 1", "feature 2"]


def read_csv(path: str | Path, target: str | None = None) -> Data:
    """(X, y, names of the features) of a CSV file: numbers, and a label of two kinds, which stays text.

    Cells are separated by commas, semicolons or tabs. The label is in the last column, or in `target`: a
    name, or without a header a number from 1. The first line is a header if `target` names one of its cells,
    or none of its features is a number. Empty lines are passed over. Raises ValueError, naming file, line
    and column, for anything else.
    """
    rows = read_cells(path)
    first = rows[0][1]
    width = len(first)
    if width < 2:
        raise ValueError(f"{path}: one column only; a feature and a label, separated by a comma, are needed")
    label, header = find_label(path, first, target)
    names = first if header else [str(j + 1) for j in range(width)]
    where = [f'column "{name}"' if header else f"column {name}" for name in names]
    if header:
        for j, name in enumerate(names):
            if not name:
                raise ValueError(f"{path}, line {rows[0][0]}, column {j + 1}: the header has no name here")
            if name in names[:j]:
                raise ValueError(f"{path}, line {rows[0][0]}, {where[j]}: the name appears twice in the header")
        rows = rows[1:]
    if not rows:
        raise ValueError(f"{path}: there is a header, but no row below it")

    X, y, classes = [], [], []
    for line, cells in rows:
        if len(cells) < width:
            raise ValueError(f"{path}, line {line}, {where[len(cells)]}: missing; {width} cells are needed")
        if len(cells) > width:
            raise ValueError(f"{path}, line {line}, column {width + 1}: one cell too many; {width} are needed")
        try:
            X.append([number(cell) for j, cell in enumerate(cells) if j != label])
        except ValueError:
            problems = ((j, complaint(cell)) for j, cell in enumerate(cells) if j != label)
            j, problem = next((j, problem) for j, problem in problems if problem)
            raise ValueError(f"{path}, line {line}, {where[j]}: {problem}") from None
        if not cells[label] or (is_number(cells[label]) and not isfinite(float(cells[label]))):
            raise ValueError(f"{path}, line {line}, {where[label]}: {show(cells[label])} is not a label")
        if cells[label] not in classes:
            classes.append(cells[label])
        if len(classes) > 2:
            a, b, c = map(show, classes)
            raise ValueError(f"{path}, line {line}, {where[label]}: {c} is a third class beside {a} and {b}")
        y.append(cells[label])
    if len(classes) < 2:
        raise ValueError(f"{path}, {where[label]}: one class only, {show(classes[0])}; two are needed")
    features = [name if header else where[j] for j, name in enumerate(names) if j != label]
    return np.array(X), np.array(y), features


def read_cells(path: str | Path) -> list[tuple[int, list[str]]]:
    """(line number, cells without the space around them) of every line that is not empty."""
    try:
        data = Path(path).read_bytes()
    except IsADirectoryError:
        raise ValueError(f"{path} is a directory, not a CSV file") from None
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file, nor data set ({', '.join(DATASETS)})") from None
    except (OSError, ValueError) as error:  # not permitted, or a path that cannot be
        raise ValueError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise ValueError(f"{path}, line {line}: not a text file in UTF-8, there is a zero byte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"{path}, line {line}: not a text file in UTF-8; save it as such") from None

    bare = re.sub(r'"[^"]*("|$)', "", text).strip(" \r\n").partition("\n")[0]  # line 1 without quoted text
    delimiter = max(";\t,", key=bare.count)  # in this order, as a comma may also be a decimal comma
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row[1:] or "".join(row).strip()]
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: not a CSV file ({error})") from None
    if not rows:
        raise ValueError(f"{path} is empty")
    return rows


def find_label(path: str | Path, first: list[str], target: str | None) -> tuple[int, bool]:
    """(column of the label, whether the first line is a header)."""
    width = len(first)
    numeric = [is_number(cell) for cell in first]
    if target is None:
        return width - 1, not any(numeric[:-1])
    if target.isdecimal() and 1 <= int(target) <= width:
        label = int(target) - 1
        if any(numeric[:label] + numeric[label + 1 :]):
            return label, False
    if target in first:
        return first.index(target), True
    if any(numeric):
        raise ValueError(f"{path}: without a header, --target is a column number from 1 to {width}, not {show(target)}")
    raise ValueError(f"{path}: no column is named {show(target)}; there are {', '.join(map(show, first))}")


def number(cell: str) -> float:
    """The number in a cell; ValueError if there is none, or not one to compute with."""
    value = float(cell)
    if not abs(value) <= LARGEST or "_" in cell:  # Python reads 1_000
        raise ValueError
    return value


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, NaN and infinities among them."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def complaint(cell: str) -> str:
    """What is wrong with a cell that should hold a number; empty if nothing is."""
    if not cell:
        return "the cell is blank"
    if not is_number(cell):
        return f"{show(cell)} is not a number"
    if isnan(float(cell)):
        return f"{show(cell)} is a missing value; fill it in or leave the row out"
    return "" if abs(float(cell)) <= LARGEST else f"{show(cell)} is infinite or too large to compute with"


def show(cell: str) -> str:
    """A cell in quotes, cut where it is long."""
    return repr(cell if len(cell) <= 40 else cell[:39] + "…")
