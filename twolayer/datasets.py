"""The data of `twolayer train`: made up, real, or a CSV file, read so that a mistake in it is found at once."""

import re
from io import StringIO
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np

REAL = ("breast_cancer", "iris", "wine", "digits")  # of scikit-learn
DATASETS = ("circles", "moons", *REAL)
LARGEST = 1e150  # beyond, squares overflow and a variance cannot be computed
MISSING = ("", "?", "na", "n/a", "#n/a", "nan", "null")  # in any case

Data = tuple[np.ndarray, np.ndarray, list[str]]


def load_data(source: str, samples: int, seed: int, target: str | None = None) -> Data:
    """(X (n, d), y (n,), names of the features) of one of DATASETS, or of the CSV file at the path `source`.

    samples and seed count for circles and moons only, target for a file only.
    """
    if source not in DATASETS:
        return read_csv(source, target)
    if target is not None:
        raise ValueError(f"--target names the label of a CSV file; {source} has its own")
    from sklearn import datasets

    if source in REAL:
        real = getattr(datasets, f"load_{source}")()
        return real.data, real.target_names[real.target], list(real.feature_names)
    if source == "circles":
        X, y = datasets.make_circles(samples, noise=0.1, factor=0.5, random_state=seed)
    else:
        X, y = datasets.make_moons(samples, noise=0.1, random_state=seed)
    return X, y, ["feature 1", "feature 2"]


def read_csv(path: str | Path, target: str | None = None) -> Data:
    """(X (n, d), y (n,), names of the features) of a CSV file: numbers, and a label, which stays text.

    The label is in the last column, or in `target`: a name, or a number from 1. The first line is a header if `target`
    names one of its cells, or none of its features is a number. Raises ValueError, naming file, line and column.
    """
    table = read_cells(path)
    values, first = table.map(number).to_numpy(dtype=float), table.iloc[0].tolist()
    named = target in first and isnan(number(str(target)))
    if not (target is None or named or target in map(str, range(1, len(first) + 1))):
        raise ValueError(f"{path}: no column has the name or the number {target!r}; there are {', '.join(first)}")
    label = first.index(target) if named else int(target or len(first)) - 1
    features = np.arange(len(first)) != label
    start = int(named or np.isnan(values[0, features]).all())  # 1 if there is a header
    where = [f'column "{name}"' if start and name else f"column {j + 1}" for j, name in enumerate(first)]

    def refuse(bad: Any, says: str) -> None:
        """Raise for the first of the cells that are bad."""
        for i, j in np.argwhere(bad)[:1]:
            raise ValueError(f"{path}, line {table.index[i]}, {where[j]}: {table.iat[i, j][:40]!r} {says}")

    if len(table) == start:
        raise ValueError(f"{path}: there is no row below the header")
    body = np.arange(len(table))[:, None] >= start
    refuse(~body & (table == ""), "cannot name a column")
    refuse(body & table.map(str.casefold).isin(MISSING), "is a missing value; fill it in or leave the row out")
    refuse(body & features & np.isnan(values), "is not a number")
    refuse(body & features & (np.abs(values) > LARGEST), "is infinite or too large to compute with")
    numbers = table[label].map(number).astype(object)
    spelling = table[label].groupby(numbers.where(numbers.notna(), table[label]), sort=False)
    twins = (table[label] != spelling.transform("first")).to_numpy()[:, None]
    refuse(body & ~features & twins, "is a label that stands above in another spelling")
    names = [name if start else where[j] for j, name in enumerate(first) if j != label]
    return values[start:, features], table[label].to_numpy(dtype=str)[start:], names


def read_cells(path: str | Path) -> Any:
    """The cells of a CSV file, in a DataFrame of text indexed by line; empty lines are passed over."""
    import pandas as pd

    try:
        text = Path(path).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: not a text file in UTF-8; save it as such") from None
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; give a CSV file, or one of {', '.join(DATASETS)}") from None
    stream = StringIO(re.sub(r"\Asep=.\n", "\n", text))  # a line that Excel may put first
    quoted = r'(^|[;\t,]) *"(?:[^"]|"")*"'
    bare = re.sub(quoted, r"\1", stream.getvalue().strip(" \n"), flags=re.M)
    counts = {sep: max(line.count(sep) for line in bare.split("\n")[:3]) for sep in ";\t,"}  # the first may be a title
    sep = max(counts, key=lambda sep: counts[sep])
    try:
        most = 2 * max(line.count(sep) + 1 for line in text.split("\n"))  # cells, of a row that spans two lines
        table = pd.read_csv(stream, sep=sep, header=None, names=range(most), dtype=str, keep_default_na=False,
                            skip_blank_lines=False, skipinitialspace=True, engine="python").astype(object)  # fmt: skip
    except pd.errors.ParserError as error:
        line = text.count("\n", 0, max(0, stream.tell() - 1)) + 1
        raise ValueError(f"{path}, line {line}: not a CSV file ({error})") from None
    breaks = table.map(lambda cell: cell.count("\n"), na_action="ignore").sum(axis=1).cumsum()
    table.index = 1 + table.index + breaks.shift(fill_value=0).astype(int)
    table = table.map(str.strip, na_action="ignore")
    table = table[(table.notna() & (table != "")).any(axis=1)].dropna(axis="columns", how="all")
    if table.shape[1] < 2:
        raise ValueError(f"{path}: a feature and a label are needed, separated by a comma, in each line")
    cells = table.notna().sum(axis=1)
    usual = cells.mode().iloc[0]
    for line in cells.index[cells != usual][:1]:
        raise ValueError(f"{path}, line {line}: {cells[line]} cells, but {usual} in most lines")
    return table


def number(cell: str) -> float:
    """The number in a cell; NaN if there is none."""
    try:
        return float(cell) if "_" not in cell else nan  # Python reads 1_000
    except ValueError:
        return nan
