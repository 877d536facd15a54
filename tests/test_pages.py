"""What the pages say is true: their numbers, their order, their pictures and their words."""

import ast
import json
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from twolayer import backward, bce, bce_grad, forward, he_init, numerical_gradient, sigmoid, softplus, step

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


# --- Statements with numbers, each as its page makes it ---


@pytest.mark.parametrize("lr", [1.1, 1.5, 1.9])
def test_below_the_limit_the_weight_zigzags_and_the_loss_falls_in_every_step(lr):
    """gradient_descent: 1/a < lr < 2/a on a parabola."""
    w = [1.0]
    for _ in range(20):
        w.append(w[-1] - lr / 3 * (3 * w[-1]))  # a = 3
    assert (np.diff(np.sign(w)) != 0).all()
    assert (np.diff(np.square(w)) < 0).all()


def test_on_separable_data_the_gradient_vanishes_and_the_weights_grow():
    """gradient_descent: there is no flat place to arrive at."""
    X, y, w, sizes = np.array([[1.0], [-1.0]]), np.array([[1.0], [0.0]]), np.zeros((1, 1)), []
    for _ in range(10_000):
        gradient = X.T @ bce_grad(X @ w, y)
        w = w - gradient
        sizes.append((w.item(), abs(gradient.item())))
    assert sizes[99][0] + 4 < sizes[9_999][0]
    assert sizes[9_999][1] < 1e-3 * sizes[9][1]


def test_comparisons_with_nan():
    """gradcheck: how not to let NaN pass."""
    nan = math.nan
    assert not (nan < 1) and not (nan <= 1) and not (nan > 1) and not (nan >= 1)
    assert nan != 1
    assert not nan <= 1e-7  # the right question rejects it
    assert not nan > 1e-7  # the wrong one accepts it


def test_the_complex_step_and_relu():
    """gradcheck: abs loses the imaginary part; a condition on the real part keeps it."""
    z = np.array([2.0, -2.0]) + 1e-20j
    assert (np.where(z.real > 0, z, 0).imag / 1e-20).tolist() == [1, 0]
    assert not np.iscomplexobj(np.abs(z))


def test_a_difference_with_the_best_h_has_ten_digits_and_one_sided_seven():
    """gradcheck: 4e-11 and 3e-8, here for softplus at 1."""

    def error(x, h, one_sided):
        high, low = (softplus(np.array(x + s * h)).item() for s in (1, 0 if one_sided else -1))
        return abs((high - low) / (h * (1 if one_sided else 2)) - sigmoid(np.array(x)).item())

    points = np.linspace(-2, 2, 41)
    assert np.median([error(x, 1e-5, False) for x in points]) < 4e-11
    assert 1e-9 < np.median([error(x, 3e-8, True) for x in points]) < 3e-8


def test_the_sigmoid_as_it_stands_overflows_in_python_and_warns_in_numpy():
    """relu_and_sigmoid: NumPy's result is right, and comes with a warning."""
    with pytest.raises(OverflowError):
        1 / (1 + math.exp(1000.0))
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert 1 / (1 + np.exp(np.array([1000.0])))[0] == 0
    assert 1 - 1 / (1 + math.exp(-40.0)) == 0 < math.exp(-40.0)


def test_a_chain_of_ten_sigmoids_passes_a_millionth():
    """relu_and_sigmoid, exercise: at most 4^-10."""
    assert 0.25**10 == pytest.approx(1e-6, rel=0.05)


def test_an_untrained_network_is_unsure():
    """initialization: most probabilities between 0.2 and 0.8, loss from 0.7 to about 1.2."""
    losses, between = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(100, 20)), rng.integers(0, 2, (100, 1)).astype(float)
        Z2, _ = forward(X, he_init(rng, 20, 50, 1))
        losses.append(bce(Z2, y))
        between.append(np.mean(np.abs(Z2) < np.log(4)))
    assert np.mean(between) > 0.6
    assert np.mean([0.7 <= loss <= 1.2 for loss in losses]) > 0.9


def test_the_numbers_of_the_scalar_example():
    """backpropagation: the table under One number at a time."""
    params = (np.array([[1.0]]), np.array([-1.0]), np.array([[3.0]]), np.array([-2.0]))
    Z2, cache = forward(np.array([[2.0]]), params)
    grads = backward(bce_grad(Z2, np.array([[1.0]])), cache, params)
    assert round(bce(Z2, np.array([[1.0]])), 3) == 0.313
    assert [round(g.item(), 3) for g in grads] == [-1.614, -0.807, -0.269, -0.269]


def test_the_other_losses_of_backpropagation_have_the_gradients_of_the_table():
    """backpropagation: mean squared error, 2 (Z2 - y)/(nk)."""
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    (numeric,) = numerical_gradient(lambda logits: np.mean((logits[0] - y) ** 2), (Z,))
    assert numeric == pytest.approx(2 * (Z - y) / y.size, abs=1e-9)


def test_guessing_the_share_of_ones_has_the_loss_that_the_page_says():
    """loss, exercise: 0.325 for 90 % ones."""
    y = np.array([[1.0]] * 9 + [[0.0]])
    assert bce(np.full_like(y, np.log(9)), y) == pytest.approx(0.325, abs=5e-4)


def test_the_sigmoid_twice_and_its_slope_once_more():
    """mistakes: forward-sigmoid-output and bce-grad-sigmoid-twice."""
    p = sigmoid(sigmoid(np.linspace(-50, 50, 101)))
    assert 0.5 <= p.min() and p.max() < 0.7311
    assert -np.log(p.max()) > 0.31
    Z, y = np.array([[0.7]]), np.array([[1.0]])
    (numeric,) = numerical_gradient(lambda logits: 0.5 * float(np.sum((sigmoid(logits[0]) - y) ** 2)), (Z,))
    assert numeric == pytest.approx((sigmoid(Z) - y) * sigmoid(Z) * (1 - sigmoid(Z)), abs=1e-9)


def test_one_step_against_the_gradient_lowers_the_loss_and_one_along_it_does_not():
    """index: the gradient says how the loss changes; a step goes against it."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 2)), rng.integers(0, 2, (50, 1)).astype(float)
    params = he_init(rng, 2, 8, 1)
    Z2, cache = forward(X, params)
    grads = backward(bce_grad(Z2, y), cache, params)
    down, up = (bce(forward(X, step(params, grads, lr))[0], y) for lr in (0.1, -0.1))
    assert down < bce(Z2, y) < up


# --- Order: a page needs only what stands before it ---


def derivations():
    """The derivations in the order of the navigation."""
    return list(dict.fromkeys(re.findall(r"derivations/\w+\.md", (ROOT / "mkdocs.yml").read_text("utf-8"))))


def test_each_page_needs_only_pages_that_stand_before_it():
    order, later = derivations(), []
    for position, page in enumerate(order):
        head = (DOCS / page).read_text("utf-8").partition("\n## ")[0]
        needs = head.partition("**Needs:**")[2].partition("**Measured:**")[0].partition("\n\n")[0]
        assert needs or position == 0, f"{page} does not say what it needs"
        linked = [f"derivations/{name}.md" for name in re.findall(r"\((\w+)\.md[#)]", needs)]
        later += [(page, link) for link in linked if order.index(link) >= position]
    assert not later


def test_each_equation_that_a_page_refers_to_is_on_it_or_on_an_earlier_one():
    order, home, later = derivations(), {}, []
    for page in order:
        home |= dict.fromkeys(re.findall(r"\\label\{([^}]+)\}", (DOCS / page).read_text("utf-8")), page)
    for position, page in enumerate(order):
        for id in re.findall(r"\\eqref\{([^}]+)\}", (DOCS / page).read_text("utf-8")):
            if id in home and order.index(home[id]) > position:
                later.append((page, id))
    assert not later


def test_no_row_of_a_formula_asks_for_a_distance():
    r"""math-core would show the [2ex] of \\\\[2ex] as text."""
    assert not [page.name for page in PAGES if re.search(r"\\\\\[\d", page.read_text("utf-8"))]


# --- Finding ---


def test_the_navigation_has_at_most_30_entries_in_sight_and_experiments_below_their_topic():
    nav = yaml_of_the_navigation()
    shown = [item for entry in nav for item in (entry["items"] or [entry])]
    assert len(shown) <= 30
    for topic in shown:
        for below in topic["items"]:
            if below["page"].startswith("notebooks/"):
                assert below["title"].startswith("Experiment: "), below
                assert topic["items"][0]["page"].startswith("derivations/"), below
            assert not below["items"], "deeper than two levels"
    order = [entry["page"] or entry["title"] for entry in nav]
    assert order.index("check.md") < order.index("The network")


def yaml_of_the_navigation():
    """Each entry of mkdocs.yml's navigation: its title, page and items, read by its indentation."""
    text = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2].partition("\n\n")[0]
    top: list = []
    open_at = {-1: top}
    for line in text.splitlines():
        found = re.fullmatch(r'( *)- (?:"?([^":]+(?:: [^"]+)?)"?: ?)?(\S+\.(?:md|ipynb))?', line)
        assert found, line
        indent, title, page = len(found[1]), found[2] or "", found[3] or ""
        parent = max(level for level in open_at if level < indent)
        entry = {"title": title, "page": page, "items": []}
        open_at[parent].append(entry)
        open_at = {level: items for level, items in open_at.items() if level < indent} | {indent: entry["items"]}
    return top


# --- Pictures ---


@pytest.fixture(scope="session")
def pictures():
    """The HTML of all pictures, by page and name."""
    command = [sys.executable, str(DOCS / "figures/draw.py")]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def test_the_pictures_of_a_page_weigh_at_most_40_kb_and_say_what_they_show(pictures):
    weights = Counter()
    for name, html in pictures.items():
        weights[name.partition("-")[0]] += len(html)
        label = re.search(r'role="img" aria-label="([^"]+)"', html)
        assert label and len(label[1]) > 100, f"{name}: no description"
        assert re.search(r"<figcaption[^>]*>.{60,}</figcaption>", html), f"{name}: no caption"
        assert "nan" not in html.lower().replace("nand", ""), f"{name}: a number is missing"
    assert not {page: weight for page, weight in weights.items() if weight > 40_000}


def test_every_picture_is_on_a_page_and_every_page_of_the_network_has_one(pictures):
    shown = {name for page in PAGES for name in re.findall(r"<!-- figure: ([\w-]+) -->", page.read_text("utf-8"))}
    assert shown == pictures.keys()
    for page in ("index", "model", "relu_and_sigmoid", "loss", "backpropagation", "gradcheck", "gradient_descent"):
        assert any(name.startswith(f"{page}-") for name in shown)


# --- Words: the rules of the contributor's guide that a pattern can check ---

WORDS = {
    r"\b(?:derivatives?|gradients?|slopes?|differentiate\w*)(?: of [^.|]{1,40}?)?(?<! off) by "
    r"(?:the |a |any |its |every )?(?:logit|loss|parameter|weight|bias|entr|\$|`)": "with respect to",
    r"\b(?:has|have) not (?:the|a|an|its|their)\b": "does not have",
    r"\b[Ww]ho(?:so)?ever\b": "you, if you",
    r"(?<![Tt]here )\b(?:is|are) no (?!longer|more|less)\w": "is not a",
    r"\bin (?:the )?place of\b": "instead of",
    r"\bby heart\b": "overfit, memorize",
    r"\b(?:on )?the way (?:back|forward)\b": "the backward pass, the forward pass",
    r"(?i)\b(?:learnt|initialis|standardis|regularis|normalis|optimis(?!t)|neighbour|behaviour|colour|licence|centred"
    r"|millimetre)": "American spelling",
    r"\b[Pp]roven by (?:a |the )?tests?\b|\bproofs? (?:ran|run|measured)": "a derivation proves, a test verifies",
    r"\bSee it(?: at once)?:": "How to detect it:",
}
EXEMPT = {"contributing.md"}  # which quotes them


def texts():
    """(where, text) of all that a reader reads: pages without their code, notebooks, docstrings, messages."""
    fence = re.compile(r"^( *)(```+).*?^\1\2$", re.MULTILINE | re.DOTALL)
    for page in PAGES:
        if page.name not in EXEMPT:
            yield page.relative_to(ROOT).as_posix(), fence.sub("", page.read_text("utf-8"))
    for path in sorted((DOCS / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        yield path.name, "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    for path in [*sorted((ROOT / "twolayer").glob("*.py")), ROOT / "tests/mistakes.py"]:
        constants = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
        strings = (node.value for node in constants if isinstance(node.value, str))
        yield path.relative_to(ROOT).as_posix(), "\n".join(strings)


@pytest.mark.parametrize("pattern", WORDS, ids=WORDS.values())
def test_the_words_follow_the_rules(pattern):
    found = ((where, text, match) for where, text in texts() for match in re.finditer(pattern, text))
    wrong = [f"{where}: …{match[0]}… {text[match.end() : match.end() + 30]!r}" for where, text, match in found]
    assert not wrong, f"write {WORDS[pattern]!r}:\n" + "\n".join(wrong)
