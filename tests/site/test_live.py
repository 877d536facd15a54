"""Code that runs in the page: in the reader's browser, by the package itself, and from this host alone."""

import contextlib
import io
import os
import re
from pathlib import Path

import numpy as np
import pytest

from twolayer import backward, bce, bce_grad, forward, step

CHECKED = Path(__file__).parents[1] / "checker"
LONG = 90_000  # milliseconds: a first click loads Python, perhaps beside other work


@pytest.fixture(autouse=True)
def live(site):
    if not (site / "live").exists():
        assert not os.environ.get("CI"), "npm is not installed"
        pytest.skip("the site was built without live code")


@pytest.fixture
def tab(visit):
    tab = visit()
    tab.page.set_default_timeout(LONG)
    yield tab
    assert not tab.errors
    assert not tab.foreign


def edit(page, function):
    page.get_by_role("button", name=f"Edit and run {function}", exact=True).click()
    finished(page)
    return page.get_by_role("textbox", name=f"Code of {function}")


def finished(page):
    page.locator(".live__bar button:enabled", has_text=re.compile("^(Run|Check)$")).wait_for()


def results(page):
    return page.locator(".live__said").all_inner_texts()[0]


def test_nothing_is_loaded_before_the_first_click_and_the_script_is_small(tab, pages):
    weights = {}
    tab.page.on("response", lambda response: weights.update({response.url: response.headers["content-length"]}))
    for path in [path for path in pages if path.startswith("derivations/")] + ["", "copy/", "cheat_sheet/"]:
        tab.open(path)
    assert not [url for url in weights if "/live/" in url or url.endswith("worker.js")]
    scripts = {
        url: int(size) for url, size in weights.items() if re.search("live|editor|controls|playground|check", url)
    }
    assert 0 < sum(size for url, size in scripts.items() if url.endswith(".js")) <= 10_000


def test_a_mistake_in_backward_is_named_with_its_line_and_reset_brings_back_the_source(tab):
    page = tab.open("derivations/backpropagation/")
    source = page.locator(".copyable code").text_content()
    field = edit(page, "backward")
    assert "gradient check passed" in results(page)
    field.fill(source.replace("dW1 = X.T", "dW1 = -X.T"))
    field.press("Control+Enter")
    finished(page)
    line = source.splitlines().index("    dW1 = X.T @ dZ1  # (d, h)") + 1
    assert "gradient check FAILED" in results(page)
    assert f"dW1 has the opposite sign: the other parameters have no such factor (line {line})" in results(page)
    assert page.locator(".live__line").inner_text() == "    dW1 = -X.T @ dZ1  # (d, h)"
    page.locator(".copyable").get_by_role("button", name="Reset").click()
    assert field.input_value().rstrip("\n") == source.rstrip("\n")
    page.get_by_role("button", name="Run", exact=True).click()
    finished(page)
    assert "FAILED" not in results(page)


@pytest.mark.parametrize("path", ["derivations/activations/", "derivations/softmax/", "derivations/optimizers/", ""])
def test_every_function_of_a_page_passes_as_it_is(tab, path):
    page = tab.open(path)
    count = page.locator(".live__edit").count()
    page.evaluate("document.querySelectorAll('.live__edit').forEach(button => button.click())")
    page.locator(".live__said").nth(count - 1).wait_for(state="attached")  # all editors are there
    page.locator(".live__said:not(:has(p))").first.wait_for(state="detached")
    said = page.locator(".live__said").all_inner_texts()
    assert said
    assert not [text for text in said if "✗" in text or "✓" not in text]


def test_what_cannot_run_is_said_with_its_line(tab):
    page = tab.open("derivations/model/")
    field = edit(page, "forward")
    for text, says in {
        "def forward(X, params:": "line 1: ",
        "x = 1": "does not define forward",
        "def forward(X, params):\n    return X @ missing": "line 2: NameError: name 'missing' is not defined",
        "import js": "No module named 'js'",
        "from pyodide.code import run_js\nrun_js('fetch(\"/\")')": "line 2: ",
    }.items():
        field.fill(text)
        field.press("Control+Enter")
        finished(page)
        assert says in results(page)


def test_a_loop_without_an_end_is_stopped_and_the_next_run_works(tab):
    page = tab.open("derivations/loss/")
    field = edit(page, "bce")
    source = field.input_value()
    field.fill("while True:\n    pass\n")
    field.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    assert "Stopped." in results(page)
    field.fill(source)
    field.press("Control+Enter")
    page.locator(".live__ok").first.wait_for()


def test_tab_indents_and_escape_lets_the_keyboard_out(tab):
    page = tab.open("derivations/gradient_descent/")
    field = edit(page, "step")
    before = field.input_value()
    field.press("Control+Home")
    field.press("Tab")
    assert field.input_value() == "    " + before
    field.press("Escape")
    field.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run"


@pytest.mark.parametrize(
    ("program", "says"),
    [("right/class_attributes.py", "✓ right"), ("wrong/class_accumulates.py", "✗ something is wrong")],
)
def test_a_file_is_judged_in_the_page(tab, program, says):
    program = CHECKED / program
    page = tab.open("check/")
    page.locator("input[type=file]").set_input_files(program)
    page.get_by_role("button", name="Check", exact=True).click()
    finished(page)
    assert results(page).rstrip().endswith(says)
    assert program.name in results(page)


SETTINGS = {
    "full batch": "data=circles&n=500&hidden=16&lr=0.3&seed=3",
    "everything": "data=spirals&n=200&hidden=8&activation=tanh&optimizer=adam&lr=0.01&batch=32&l2=0.001&dropout=0.2",
    "own points": "data=own&hidden=4&points=0.1+0.2+0+0.3+-0.2+1+0.5+0.5+0+-0.3+0.1+1+0.9+0.2+1+-1+-1+0",
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_the_playground_trains_as_the_program_that_it_shows(tab, kind):
    page = tab.open(f"playground/?{SETTINGS[kind]}&speed=20")
    place = page.locator("#playground")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("#playground[data-epoch]:not([data-epoch='0'])")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="One epoch").click()
    page.get_by_role("button", name="Show as Python").click()
    place.locator("pre").wait_for()
    program = place.locator("pre").text_content()
    epochs = int(re.search(r"epochs=(\d+)", program)[1])
    assert epochs > 20
    page.wait_for_selector(f"#playground[data-epoch='{epochs}']")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "shown", "exec"), {})
    shown = [float(place.get_attribute(f"data-{name}")) for name in ("loss", "test")]
    np.testing.assert_allclose(shown, list(map(float, printed.getvalue().split())), rtol=1e-9)
    page.get_by_role("button", name="Rewind").click()
    page.wait_for_selector("#playground[data-epoch='0']")


def test_a_setting_may_change_while_the_playground_trains(tab):
    page = tab.open("playground/")
    trains = page.get_by_text(re.compile(r"^Epoch [1-9]\d"))
    page.get_by_role("button", name="Start").click()
    trains.wait_for()
    for hidden in ("3", "5", "7"):
        page.get_by_role("spinbutton", name="hidden units").fill(hidden)
        page.wait_for_selector("#playground[data-epoch='0']")
        page.get_by_role("button", name="Start").click()
        trains.wait_for()


def test_the_setting_of_the_playground_is_in_its_address(tab):
    page = tab.open("playground/")
    page.get_by_label("hidden units").fill("3")
    page.wait_for_selector("#playground[data-epoch='0']")
    assert "hidden=3" in page.url
    page.locator("#playground canvas").first.click(position={"x": 50, "y": 50})
    page.get_by_text("at least five points").wait_for()
    assert "data=own" in page.url
    page.reload()
    assert page.get_by_label("hidden units").input_value() == "3"
    assert len(page.get_by_label("own points: x y class").input_value().split()) == 3


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["derivations/loss/", "check/", "playground/"])
def test_axe_finds_nothing_where_code_has_run(visit, path, width):
    tab = visit(width=width)
    tab.page.set_default_timeout(LONG)
    page = tab.open(path)
    if path == "playground/":
        page.get_by_role("button", name="Show as Python").click()
        page.locator("#playground pre").wait_for()
        page.locator("#playground summary").click()
    elif path == "check/":
        page.get_by_label("Your program").fill("import numpy as np\nx = np.ones(3)")
        page.get_by_role("button", name="Check", exact=True).click()
        page.locator(".live__report").wait_for()
    else:
        field = edit(page, "bce_grad")
        field.fill(field.input_value().replace("- y", "+ y"))
        field.press("Control+Enter")
        finished(page)
    assert not tab.violations()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_example_by_hand_goes_line_by_line_with_numbers_of_the_reader(tab):
    page = tab.open("derivations/backpropagation/")
    place = page.locator("#step-through")
    said = place.locator("[role=status]")
    place.get_by_role("button", name="Start").click()
    for line, name in enumerate(["Z1", "A1", "Z2", "L", "dZ2", "dW2"], 1):
        said.get_by_text(f"Line {line} of 11: {name} = ").wait_for()
        place.get_by_role("button", name="Next line").click()
    said.get_by_text("db2").wait_for()
    assert place.locator("svg").count() == 2
    place.get_by_label("W1, row 1, column 1").fill("0")
    place.get_by_role("button", name="All lines").click()
    said.get_by_text("Line 11").wait_for()
    X, y = np.array([[1.0, 2.0], [-1.0, 1.0]]), np.array([[1.0], [0.0]])
    params = (
        np.array([[0.0, -1, 2], [0, 1, -1]]),
        np.array([0.0, 1, 1]),
        np.array([[1.0], [-1], [-2]]),
        np.array([3.0]),
    )
    Z2, cache = forward(X, params)
    moved = step(params, backward(bce_grad(Z2, y), cache, params), 1)
    place.get_by_role("button", name="Take the step").click()
    said.get_by_text(f"Loss {bce(forward(X, moved)[0], y):.4f}").wait_for()
    shown = [float(field.input_value()) for field in place.get_by_label(re.compile("^[Wb]")).all()]
    np.testing.assert_allclose(shown, np.concatenate([p.ravel() for p in moved]), atol=1e-6)
    place.get_by_role("button", name="Reset").click()
    said.get_by_text("nothing is computed yet").wait_for()


@pytest.mark.parametrize(
    ("path", "call", "value", "says"),
    [
        ("gradcheck", "difference", "-11", "mostly from rounding"),
        ("gradcheck", "kink", "0", "the central difference is 0.5"),
        ("loss", "stable_loss", "37", "gives inf"),
        ("gradient_descent", "tangent", "1", "dW1[0, 0] = -0.2500"),
        ("gradient_descent", "bowl", "0.25", "it diverges"),
    ],
)
def test_a_picture_follows_its_slider(tab, path, call, value, says):
    place = tab.open(f"derivations/{path}/").locator(f".explore[data-call={call}]")
    place.locator("input").fill(value)
    place.get_by_text(says).wait_for()
    assert place.locator("svg").count() == 1
