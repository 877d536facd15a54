"""Reading a CSV file: what is right comes through, what is wrong is named by file, line and column."""

import csv
import io
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twolayer.datasets import DATASETS, LARGEST, MISSING, load_data, read_csv


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
        '"a","b","label"\n"1","2","yes"\n"3","4.5","no"\n',
        "a,b,label\r1,2,yes\r3,4.5,no\r",
        "a,b,label\n1e0,+2.,yes\n.3e1,4.5,no\n",
    ],
    ids=[
        "commas",
        "semicolons",
        "tabs",
        "BOM, CRLF and an empty line",
        "quotes and spaces",
        "quotes",
        "CR",
        "spellings",
    ],
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


@pytest.mark.parametrize(
    ("text", "target", "label", "names"),
    [
        ("5,0,3\n4,1,6\n", "2", ["0", "1"], ["column 1", "column 3"]),
        ("2,5,yes\n3,6,no\n", "3", ["yes", "no"], ["column 1", "column 2"]),  # 2 in the first line is no name
        ("a,2,b\n1,x,3\n4,y,6\n", "2", ["x", "y"], ["a", "b"]),  # here it is one
        ("age,2019,label\n1,2,x\n3,4,y\n", "label", ["x", "y"], ["age", "2019"]),  # a year as a name
    ],
)
def test_a_target_tells_a_header_where_the_first_line_does_not(tmp_path, text, target, label, names):
    _, y, found = read_csv(write(tmp_path, text), target)
    assert (y.tolist(), found) == (label, names)


@pytest.mark.parametrize("kinds", [("0", "1"), ("-1", "+1"), ("True", "False"), ("non", "où"), ("1.5", "two")])
def test_the_two_classes_are_of_any_kind(tmp_path, kinds):
    _, y, _ = read_csv(write(tmp_path, f"x,y\n1,{kinds[0]}\n2,{kinds[1]}\n"))
    assert tuple(y) == kinds


@pytest.mark.parametrize(
    ("text", "X", "names"),
    [
        ("sep=;\na;b;label\n1;2;x\n3;4;y\n", [[1, 2], [3, 4]], ["a", "b"]),  # as Excel writes it
        ('size 5",b,y\n1,2,x\n3,4,z\n', [[1, 2], [3, 4]], ['size 5"', "b"]),
        ("a,b,y\n1,2,x\n,,\n3,4,z\n,,\n", [[1, 2], [3, 4]], ["a", "b"]),  # rows that a spreadsheet has emptied
        ('"a\nb",c,y\n1,2,x\n3,4,z\n', [[1, 2], [3, 4]], ["a\nb", "c"]),
        ("a,a,y\n1,2,x\n3,4,z\n", [[1, 2], [3, 4]], ["a", "a"]),
        ("NA,b,y\n1,2,x\n3,4,z\n", [[1, 2], [3, 4]], ["NA", "b"]),  # sodium
        ("a;b,c;y\n1;2;x\n3;4;z\n", [[1, 2], [3, 4]], ["a", "b,c"]),
        ("a,b\n1,x\n2,y\n3,z\n", [[1], [2], [3]], ["a"]),  # how many classes there may be is not decided here
    ],
)
def test_what_people_send_is_read(tmp_path, text, X, names):
    found, _, features = read_csv(write(tmp_path, text))
    assert (found.tolist(), features) == (X, names)


GOOD = "a,b,label\n1,2,x\n3,4,y\n"


@pytest.mark.parametrize(
    ("text", "target", "where"),
    [
        ("", None, "a feature and a label are needed"),
        ("\n\n", None, "a feature and a label are needed"),
        ("\ufeff", None, "a feature and a label are needed"),
        ("a\n1\n2\n", None, "a feature and a label are needed"),
        ("a,b,label\n", None, "no row below the header"),
        ("a,b,label\n1,oops,x\n3,4,y\n", None, "line 2, column \"b\": 'oops' is not a number"),
        ("a,b,label\n1,2,x\n3,,y\n", None, "line 3, column \"b\": '' is a missing value"),
        ("a,b,label\n1,2,x\n3,nan,y\n", None, "line 3, column \"b\": 'nan' is a missing value"),
        ("a,b,label\n1,2,x\n3,#N/A,y\n", None, "line 3, column \"b\": '#N/A' is a missing value"),
        ("a,b,label\n1,2,x\ninf,4,y\n", None, "line 3, column \"a\": 'inf' is infinite"),
        ("a,b,label\n1,2,x\n3,4,y\n5,y\n", None, "line 4: 2 cells, but 3 in most lines"),
        ("a,b,label\n1,2,x\n3,4,y\n5,6,x,5\n", None, "line 4: 4 cells, but 3 in most lines"),
        ("a,b,label\n1,2,x\n3,4,y\n5,6,x,,,,,,,\n", None, "line 4: 10 cells, but 3 in most lines"),
        ("Patients of 2024\na,b,label\n1,2,x\n3,4,y\n", None, "line 1: 1 cells, but 3 in most lines"),
        ('a,b\n1,"x\ny"\n2,z\n3,z,4\n', None, "line 5: 3 cells, but 2 in most lines"),
        ("1,2,u,\n3,4,v,\n", None, "line 1, column 4: '' is a missing value"),
        ("a,b,label\n1,2,\n3,4,y\n", None, "line 2, column \"label\": '' is a missing value"),
        ("a,b,label\n1,2,?\n3,4,y\n", None, "line 2, column \"label\": '?' is a missing value"),
        ("a,b,label\n1,2,x\n3,4,NA\n", None, "line 3, column \"label\": 'NA' is a missing value"),
        ("a,b\n1,x\n2,nan\n", None, "line 3, column \"b\": 'nan' is a missing value"),
        (
            "a,b\n1,0\n2,1\n3,0.0\n",
            None,
            "line 4, column \"b\": '0.0' is a label that stands above in another spelling",
        ),
        ("a,b\n1,1\n2,2\n3,1e0\n", None, "line 4, column \"b\": '1e0' is a label that stands above"),
        ("a,,label\n1,2,x\n3,4,y\n", None, "line 1, column 2: '' cannot name a column"),
        (GOOD, "color", "no column has the name or the number 'color'; there are a, b, label"),
        ("1,2,x\n3,4,y\n", "color", "no column has the name or the number 'color'"),
        ("1,2,x\n", "4", "no column has the name or the number '4'"),
        ("1,2,x\n", "0", "no column has the name or the number '0'"),
        ("1,2,x\n", "-1", "no column has the name or the number '-1'"),
        ("1,2,x\n", "", "no column has the name or the number ''"),
        (GOOD, "a", "line 2, column \"label\": 'x' is not a number"),
        (b"a,b,label\n1,\xff,x\n", None, "line 2: not a text file in UTF-8"),
        (GOOD.encode("utf-16"), None, "line 1: not a text file in UTF-8"),
        ("a,b\n1,où\n".encode("latin-1"), None, "line 2: not a text file in UTF-8"),
        ('a,b,label\n1,"2,x\n', None, "line 2: not a CSV file"),
        ('a,b,label\n1,"2"3,x\n', None, "line 2: not a CSV file"),
        ("a,b\n1," + "x" * 200_000, None, "line 2: not a CSV file"),
        ("a,b\n\n\n1,x\n\nq,y\n", None, "line 6, column \"a\": 'q' is not a number"),
        ('a,b\n1,"x\ny"\nq,z\n', None, "line 4, column \"a\": 'q' is not a number"),
        ("a;b;c\n1;2,5;x\n", None, "line 2, column \"b\": '2,5' is not a number"),
        ("a,b\n1_000,x\n", None, "'1_000' is not a number"),
        ("a,b\n1e999,x\n", None, "'1e999' is infinite or too large to compute with"),
        ("a,b\n-1e200,x\n", None, "'-1e200' is infinite or too large to compute with"),
        ("a,b\n" + "x" * 1000 + ",y\n", None, "'" + "x" * 40 + "' is not a number"),
        ("nan,1,a\n2,3,b\n", None, "line 1, column 1: 'nan' is a missing value"),
        ("1,2,a\n3,x,b\n", None, "line 2, column 2: 'x' is not a number"),
        ("\tb\n1\tx\n2\ty\n", None, "line 1, column 1: '' cannot name a column"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, target, where):
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(where)) as caught:
        read_csv(path, target)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"none.csv: No such file .*; give a CSV file, or one of circles, moons"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="Is a directory"):
        read_csv(tmp_path)
    with pytest.raises(ValueError, match="Not a directory"):
        read_csv(write(tmp_path, GOOD) / "x")

    def refuse(path, encoding):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    with pytest.raises(ValueError, match=r"^data.csv: Permission denied; give a CSV file"):
        read_csv("data.csv")


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12).map(str.strip)
names = texts.filter(
    lambda cell: cell.casefold() not in MISSING and not is_number(cell)
)  # with separators, quotes and line ends in them


@given(
    st.integers(1, 4).flatmap(
        lambda d: st.tuples(
            st.lists(names, min_size=d + 1, max_size=d + 1, unique=True),
            st.lists(st.lists(st.floats(-LARGEST, LARGEST), min_size=d, max_size=d), min_size=2, max_size=6),
        )
    ),
    st.lists(names, min_size=2, max_size=2, unique=True),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_csv_writes_comes_back_exactly(tmp_path_factory, table, classes, delimiter, newline, header):
    columns, X = table
    y = [classes[i % 2] for i in range(len(X))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([columns] * header + [[*row, label] for row, label in zip(X, y, strict=True)])
    X_read, y_read, features = read_csv(write(tmp_path_factory.mktemp("csv"), text.getvalue()))
    np.testing.assert_array_equal(X_read, X)
    assert y_read.tolist() == y
    assert features == (columns[:-1] if header else [f"column {j + 1}" for j in range(len(X[0]))])


@example('""')
@given(st.binary(max_size=60) | st.text("01.,;\t\n\"' -+eanif_x\r", max_size=60))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("csv"), content)
    try:
        X, y, names = read_csv(path)
    except ValueError as complaint:
        assert str(complaint).startswith(str(path))
    else:
        assert X.shape == (len(y), len(names))
        assert np.isfinite(X).all()
        assert not {cell.casefold() for cell in y} & set(MISSING)


@pytest.mark.parametrize("name", DATASETS)
def test_the_data_that_comes_along_has_two_classes_or_more(name):
    X, y, names = load_data(name, 100, 0)
    assert X.shape == (len(y), len(names))
    assert len(np.unique(y)) == {"iris": 3, "wine": 3, "digits": 10}.get(name, 2)
    with pytest.raises(ValueError, match="--target"):
        load_data(name, 100, 0, "label")
