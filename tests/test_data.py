"""Reading a CSV file: what is right comes through, what is wrong is named by file, line and column."""

import csv
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twolayer.data import DATASETS, load, read_csv


def write(folder, text, name="data.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "a,b,label\n1,2,yes\n3,4.5,no\n",
        "a;b;label\n1;2;yes\n3;4.5;no\n",
        "a\tb\tlabel\n1\t2\tyes\n3\t4.5\tno\n",
        "\ufeffa,b,label\r\n1,2,yes\r\n\r\n3,4.5,no\r\n",
        'a,b,label\n"1", 2 ,"yes"\n3,4.5,no',
    ],
    ids=["commas", "semicolons", "tabs", "BOM, CRLF and an empty line", "quotes and spaces"],
)
def test_what_spreadsheets_write_is_read(tmp_path, text):
    X, y, names = read_csv(write(tmp_path, text))
    np.testing.assert_array_equal(X, [[1, 2], [3, 4.5]])
    assert (y.tolist(), names) == (["yes", "no"], ["a", "b"])


def test_a_header_is_optional_and_the_target_a_name_or_a_number(tmp_path):
    plain = write(tmp_path, "1,x,2\n3,y,4\n")
    X, y, names = read_csv(plain, "2")
    np.testing.assert_array_equal(X, [[1, 2], [3, 4]])
    assert (y.tolist(), names) == (["x", "y"], ["column 1", "column 3"])
    named = write(tmp_path, "a,kind,b\n1,x,2\n3,y,4\n", "named.csv")
    X, y, names = read_csv(named, "kind")
    np.testing.assert_array_equal(X, [[1, 2], [3, 4]])
    assert (y.tolist(), names) == (["x", "y"], ["a", "b"])


GOOD = "a,b,label\n1,2,x\n3,4,y\n"


@pytest.mark.parametrize(
    ("text", "target", "where"),
    [
        ("", None, "is empty"),
        ("\n\n", None, "is empty"),
        ("a,b,label\n", None, "no row below"),
        ("a\n1\n2\n", None, "one column only"),
        ("a,b,label\n1,oops,x\n3,4,y\n", None, "line 2, column \"b\": 'oops'"),
        ("a,b,label\n1,2,x\n3,,y\n", None, 'line 3, column "b"'),
        ("a,b,label\n1,2,x\n3,nan,y\n", None, 'line 3, column "b"'),
        ("a,b,label\n1,2,x\ninf,4,y\n", None, 'line 3, column "a"'),
        ("a,b,label\n1,2,x\n3,y\n", None, 'line 3, column "label": missing'),
        ("a,b,label\n1,2,x\n3,4,y,5\n", None, "line 3, column 4: one cell too many"),
        ("a,b,label\n1,2,x\n3,4,x\n", None, "one class only"),
        ("a,b,label\n1,2,x\n3,4,y\n5,6,z\n", None, "line 4, column \"label\": 'z' is a third class"),
        ("a,b,label\n1,2,\n3,4,y\n", None, 'line 2, column "label"'),
        ("a,a,label\n1,2,x\n3,4,y\n", None, "the name appears twice"),
        ("a,,label\n1,2,x\n3,4,y\n", None, "no name here"),
        (GOOD, "colour", "no column is named 'colour'"),
        ("1,2,x\n3,4,y\n", "colour", "--target is a column number"),
        (b"a,b,label\n1,\xff,x\n", None, "line 2: not a text file in UTF-8"),
        (b"\x00\x01\x02", None, "line 1: not a text file"),
        ('a,b,label\n1,"2,x\n', None, "not a CSV file"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, target, where):
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(where)) as caught:
        read_csv(path, target)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="is a directory"):
        read_csv(tmp_path)


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from(["in, side", 'out "side"'])), min_size=2
    )
)
def test_what_csv_writes_comes_back_exactly(tmp_path_factory, rows):
    rows = [(0.0, 0.0, "in, side"), (0.0, 0.0, 'out "side"'), *rows]
    path = tmp_path_factory.mktemp("csv") / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("a", "b", "label"), *rows])
    X, y, _ = read_csv(path)
    np.testing.assert_array_equal(X, [row[:2] for row in rows])
    assert y.tolist() == [row[2] for row in rows]


@pytest.mark.parametrize("name", DATASETS)
def test_the_data_that_comes_along_has_two_classes(name):
    X, y, names = load(name, 100, 0)
    assert X.shape == (len(y), len(names))
    assert len(np.unique(y)) == 2
    with pytest.raises(ValueError, match="--target"):
        load(name, 100, 0, "label")
