"""One idea, one name, four faces: the module, the derivation, the notebook and the test of a topic stay in step."""

import inspect
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from topics import HOME_OF, pages, topics

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
LABEL = re.compile(r"\\label\{([^}]+)\}")


def test_the_navigation_lists_every_derivation_and_notebook_once():
    files = [*DOCS.glob("derivations/*.md"), *DOCS.glob("notebooks/*.ipynb")]
    assert sorted(pages(ROOT)) == sorted((path.parent.name, path.stem) for path in files)


@pytest.mark.parametrize("topic", topics(ROOT))
def test_a_topic_has_its_faces(topic):
    module = HOME_OF.get(topic, topic)
    folders = {"core": {"derivations"}, "estimator": {"notebooks"}}.get(module, {"derivations", "notebooks"})
    assert folders <= {folder for folder, name in pages(ROOT) if name == topic}
    assert module == "sklearn" or (ROOT / "twolayer" / f"{module}.py").exists()
    assert (ROOT / "tests" / f"test_{module if module in ('core', 'estimator') else topic}.py").exists()


def equations():
    """Every equation id of the site, with its page."""
    return [(id, page.name) for page in sorted(DOCS.rglob("*.md")) for id in LABEL.findall(page.read_text("utf-8"))]


def verified():
    """Every equation id that a test verifies."""
    names = [vars(import_module(path.stem)) for path in sorted((ROOT / "tests").glob("test_*.py"))]
    names += [vars(value) for module in names for value in module.values() if inspect.isclass(value)]
    tests = [value for space in names for value in space.values() if inspect.isfunction(value)]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", [])]
    return {equation for mark in marks if mark.name == "verifies" for equation in mark.args}


def test_every_equation_is_verified_and_every_test_verifies_one_of_the_site():
    ids = [id for id, page in equations() if page != "contributing.md"]
    assert len(ids) == len(set(ids)), "an id stands twice"
    assert set(ids) == verified()


def test_every_equation_that_a_docstring_names_is_on_a_page():
    ids = {id for id, _ in equations()}
    for module in sorted((ROOT / "twolayer").glob("*.py")):
        for sentence in re.findall(r"Equations? (`[^.;)]*`)", module.read_text("utf-8")):
            assert set(re.findall(r"`([^`]+)`", sentence)) <= ids, (module.name, sentence)


def test_the_record_that_the_site_shows_names_the_tests_that_exist(request):
    if request.config.getoption("record_verified"):
        return  # it is old, and about to be written anew
    record = json.loads((DOCS / "verified.json").read_text("utf-8"))
    assert set(record) == verified(), "run: python -m pytest --record-verified"
    for facts in record.values():
        for fact in facts:
            file, *_, name = fact["test"].split("::")
            assert f"def {name}(" in (ROOT / file).read_text("utf-8"), fact["test"]
            assert fact["cases"] > 0
            assert fact["worst"] <= fact["bound"]


@pytest.mark.parametrize("notebook", sorted((DOCS / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs(notebook):
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_import_loads_numpy_alone():
    code = "import numpy, sys; before = set(sys.modules); import twolayer; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "twolayer.core" in loaded
    heavy = {name.split(".")[0] for name in loaded} & {"sklearn", "scipy", "matplotlib", "tqdm", "pandas", "torch"}
    assert not heavy
