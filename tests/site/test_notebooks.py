"""Notebooks show the same on every machine, and a build in which one does not show what it promises fails."""

import json
import re

import pytest
from project import Project, cell

pytest.importorskip("mkdocs_jupyter", reason="the extra `docs` is not installed")
DRAW = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()"
TELL = "import twolayer\n\nprint(twolayer.__version__)"
LINE = {"alt": "A line that rises."}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The figure as it is where nobody has set anything."""
    project = Project(tmp_path_factory.mktemp("plain"))
    code, log = project.build(cell(DRAW, **LINE))
    assert code == 0, log
    return project.figure


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


AGG = "import matplotlib\n\nmatplotlib.use('Agg')\n"
SVG = "c = get_config()\nc.InlineBackend.figure_formats = {'svg'}\n"
CLEAR = "c = get_config()\nc.RegexRemovePreprocessor.patterns = ['.*']\n"
KERNEL = json.dumps({"argv": ["false"], "display_name": "Another Python", "language": "python"})
# What people set for programs of their own: a file, and the variable that leads to its folder or to itself.
SETTINGS = {
    "backend": ({}, {"MPLBACKEND": "Agg"}),
    "matplotlibrc": ({"rc": "figure.dpi: 30\nbackend: svg\n"}, {"MATPLOTLIBRC": "rc"}),
    "style": ({"mpl/matplotlibrc": "figure.dpi: 30\n"}, {"MPLCONFIGDIR": "mpl"}),
    "modules": ({"modules/matplotlib.py": "raise ImportError"}, {"PYTHONPATH": "modules"}),
    "python": ({"start.py": AGG}, {"PYTHONSTARTUP": "start.py"}),
    "startup": ({"ipython/profile_default/startup/00.py": AGG}, {"IPYTHONDIR": "ipython"}),
    "profile": ({"ipython/profile_default/ipython_kernel_config.py": SVG}, {"IPYTHONDIR": "ipython"}),
    "kernel": ({"jupyter/kernels/python3/kernel.json": KERNEL}, {"JUPYTER_PATH": "jupyter"}),
    "config": ({"jupyter/jupyter_nbconvert_config.py": CLEAR}, {"JUPYTER_CONFIG_DIR": "jupyter"}),
    "home": (
        {
            ".config/matplotlib/matplotlibrc": "figure.dpi: 30\n",
            ".ipython/profile_default/startup/00.py": AGG,
            ".ipython/profile_default/ipython_kernel_config.py": SVG,
            ".local/share/jupyter/kernels/python3/kernel.json": KERNEL,
            ".jupyter/jupyter_nbconvert_config.py": CLEAR,
        },
        {"HOME": ""},
    ),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_what_the_machine_has_set_does_not_reach_a_notebook(project, tmp_path, expected, kind):
    files, variables = SETTINGS[kind]
    for name, text in files.items():
        write(tmp_path / "set" / name, text)
    env = {name: value if name == "MPLBACKEND" else tmp_path / "set" / value for name, value in variables.items()}
    code, log = project.build(cell(DRAW, **LINE), **env)
    assert code == 0, log
    assert project.figure == expected


WRONG = {
    "promises a figure and shows none": ([cell(TELL, **LINE)], "shows 0 figures"),
    "shows a figure that is not described": ([cell(DRAW)], "describes 0"),
    "shows two figures and describes one": ([cell(DRAW + "\n" + DRAW, **LINE)], "shows 2 figures"),
    "shows a figure of another kind": (
        [cell("%config InlineBackend.figure_formats = ['svg']\n" + DRAW, **LINE)],
        "shows 0 figures",
    ),
    "shows nothing": ([cell("x = 1")], "outputs are missing"),
    "warns": ([cell(TELL + "\nimport warnings\nwarnings.warn('old')")], "wrote to stderr"),
    "fails": ([cell("import matplotlib\nmatplotlib.nonsense")], "AttributeError"),
}


@pytest.mark.parametrize("what", WRONG)
def test_the_strict_build_fails_where_a_cell(project, what):
    cells, says = WRONG[what]
    code, log = project.build(*cells)
    assert code == 1
    assert "notebooks/probe.ipynb: " in log
    assert says in log


def test_the_strict_build_fails_where_no_notebook_is_executed(project):
    settings = project.root / "mkdocs.yml"
    settings.write_text(settings.read_text().replace("execute: true", "execute: false"))
    code, log = project.build(cell(TELL))
    assert code == 1
    assert "outputs are missing" in log


def test_an_edited_function_never_shows_old_outputs_and_an_unchanged_one_runs_once(project):
    def shown():
        code, log = project.build(cell(TELL + "\nimport time\n\nprint(time.time_ns())"))
        assert code == 0, log
        return project.download["cells"][2]["outputs"][0]["text"].split()

    first = shown()
    assert shown() == first
    package = project.root / "twolayer/__init__.py"
    package.write_text(re.sub(r'__version__ = ".*"', '__version__ = "edited"', package.read_text()))
    version, when = shown()
    assert version == "edited"
    assert when != first[1]


def test_the_download_has_outputs_and_says_first_what_to_install(project):
    code, log = project.build(cell(DRAW, **LINE), cell(TELL))
    assert code == 0, log
    import nbformat

    nbformat.validate(nbformat.from_dict(project.download))
    needs, title, figure, text = project.download["cells"]
    assert "pip install" in needs["source"]
    assert title["source"] == "# Probe"
    assert "image/png" in figure["outputs"][0]["data"]
    assert text["outputs"][0]["text"]
