"""What a reader meets in a real browser, wide and narrow, in light and dark."""

import inspect
import json
import re

import pytest
from server import serving

import twolayer
from conftest import Visit

KINDS = {
    "home": "",
    "derivation": "derivations/backpropagation/",
    "notebook": "notebooks/neural_network/",
    "verified": "verified/",
    "copy": "copy/",
    "cheat sheet": "cheat_sheet/",
    "troubleshooting": "troubleshooting/",
    "glossary": "glossary/",
    "api": "api/",
    "teachers": "teachers/",
    "contributing": "contributing/",
    "missing": "404.html",
}
NARROW = 390
every_kind = pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)


def test_pages_load_in_any_folder_of_a_host_without_errors_or_foreign_requests_or_raw_tex(
    browser, site, pages, tmp_path
):
    (tmp_path / "some").mkdir()
    (tmp_path / "some/path").symlink_to(site)
    raw = []
    with serving(tmp_path) as host:
        tab = Visit(browser, host + "some/path/")  # what is fetched from outside counts as foreign
        for path in pages:
            if path == "404.html":  # a host shows it at any depth, so it needs SITE_URL
                continue
            page = tab.open(path)
            text = page.evaluate("""() => {
                const copy = document.body.cloneNode(true)
                copy.querySelectorAll("pre, code, script").forEach(element => element.remove())
                return copy.textContent
            }""")
            raw += [f"{path}: {found}" for found in re.findall(r".{0,30}(?:\$|\\[a-z(\[]+|<!--).{0,30}", text)]
            assert page.title()
        tab.context.close()
    assert not tab.errors
    assert not tab.foreign
    assert not raw


def test_nothing_is_wider_than_a_phone(visit, pages):
    tab = visit(width=NARROW)
    wide = [path for path in pages if tab.open(path).evaluate("document.documentElement.scrollWidth") > NARROW]
    assert not wide
    assert not tab.errors
    assert not tab.foreign


@every_kind
def test_blocks_that_wait_for_their_layout_stand_where_they_would_without(visit, path):
    """content-visibility contains a block: a margin that collapses through its edge would move all below it."""
    page = visit().open(path)
    moved = page.evaluate("""() => {
        const blocks = [...document.querySelectorAll("article > *")]
        const tops = () => blocks.map(block => block.getBoundingClientRect().top)
        const before = tops()
        document.documentElement.classList.remove("keyboard")
        const waiting = blocks.filter(block => getComputedStyle(block).contentVisibility == "auto")
        for (const block of waiting) Object.assign(block.style, { contentVisibility: "visible", contain: "content" })
        return tops().map((top, i) => Math.abs(top - before[i])).filter(distance => distance > 0.5)
    }""")
    assert not moved


@every_kind
@pytest.mark.parametrize("width", [1280, NARROW])
def test_axe_finds_nothing(visit, path, width):
    tab = visit(width=width)
    tab.open(path).evaluate("document.querySelectorAll('article details').forEach(details => { details.open = true })")
    assert not tab.violations()


@every_kind
def test_the_keyboard_reaches_everything(visit, path):
    page = visit().open(path)
    count = page.evaluate("""() => {
        const all = document.querySelectorAll("a[href], button:enabled, input, summary, [tabindex='0']")
        const shown = [...all].filter(e => e.checkVisibility({ visibilityProperty: true }) && e.tabIndex >= 0
            && e.getClientRects().length && !e.matches("[type=radio]:not(:checked), .md-toggle, .md-top")
            && !e.closest(".md-search__output, .md-skip, [hidden]"))
        shown.forEach((element, index) => { element.dataset.stop = index })
        return shown.length
    }""")
    assert count > 10
    page.evaluate("document.documentElement.classList.remove('keyboard')")
    page.keyboard.press("Shift")
    page.wait_for_selector(":root.keyboard")  # what was below the screen is laid out now
    missed = set(map(str, range(count)))
    for _ in range(2 * count + 40):  # more than count: each code block gets its button when it comes into view
        page.keyboard.press("Tab")
        missed.discard(page.evaluate("document.activeElement.dataset.stop"))
        if not missed:
            break
    assert not [page.evaluate(f"document.querySelector('[data-stop=\"{stop}\"]').outerHTML") for stop in missed]


def test_wide_code_is_within_reach_of_the_keyboard_on_a_touch_screen(visit):
    page = visit(width=390, touch=True).open("derivations/backpropagation/")
    code = page.locator(".copyable code").first
    code.scroll_into_view_if_needed()
    page.wait_for_selector(".copyable nav[role]", state="attached")  # Material has been here, and we after it
    assert code.get_attribute("tabindex") == "0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_scheme_that_is_chosen_holds_for_scroll_bars_and_for_the_next_page(visit, scheme):
    tab = visit(scheme=scheme)
    page = tab.open("derivations/loss/")
    chosen = "[document.body.dataset.mdColorScheme, getComputedStyle(document.documentElement).colorScheme]"
    for light in [scheme == "light", True, False]:
        assert page.evaluate(chosen) == (["default", "light"] if light else ["slate", "dark"])
        page.locator(".md-header__option label:not([hidden])").click()
    page.locator(".md-header__option label:not([hidden])").click()  # light
    assert tab.open("derivations/model/").evaluate(chosen) == ["default", "light"]


def copied_blocks(tab, path):
    """(text shown, text copied) of each source block of a page."""
    page = tab.open(path)
    for block in page.locator(".copyable").all():
        block.scroll_into_view_if_needed()
        block.locator("[data-md-type=copy]").click()
        yield block.locator("code").text_content(), tab.clipboard()


def source(text):
    """The source of the last function of a copied text, from the package itself."""
    name = re.findall(r"^def (\w+)", text, re.MULTILINE)[-1]
    modules = [twolayer.core, twolayer.depth, twolayer.gradcheck, twolayer]
    sources = [inspect.getsource(getattr(module, name)).rstrip() for module in modules if hasattr(module, name)]
    return next((source for source in sources if text.endswith(source)), f"{name} is not as in the package")


def test_copy_buttons_copy_exactly_the_source_and_it_runs_alone(visit, site, pages):
    tab, blocks = visit(), 0
    for path in pages:
        if not path.startswith("derivations/"):
            continue
        for shown, copied in copied_blocks(tab, path):
            assert copied.rstrip("\n") == shown.rstrip("\n")
            assert copied.rstrip().endswith(source(copied.rstrip()))
            exec(compile(copied, path, "exec"), {})
            blocks += 1
    assert blocks >= 9
    assert not tab.errors


def test_one_click_copies_any_function(visit):
    tab = visit()
    page = tab.open("copy/")
    buttons = page.locator(".function__copy button").all()
    assert len(buttons) >= 30
    for button in buttons:
        button.click()
        text = tab.clipboard().rstrip()
        assert text.endswith(source(text)), button.get_attribute("title")
        exec(compile(text, "copy", "exec"), {})


def test_one_click_on_the_first_page_copies_backward(visit):
    ((_, copied),) = copied_blocks(visit(), "")
    assert copied.rstrip().endswith(inspect.getsource(twolayer.backward).rstrip())
    exec(compile(copied, "home", "exec"), {})


def test_search_finds_why_dw1_is_wrong(visit):
    tab = visit()
    page = tab.open("")
    page.locator("[data-md-component=search-query]").click()
    page.keyboard.type("why is my dW1 wrong")
    page.wait_for_selector(".md-search-result__link")
    first = page.locator(".md-search-result__link").first.get_attribute("href")
    assert "copy/" in first
    assert not tab.errors


def test_a_symbol_lights_up_in_formulas_and_code(visit):
    tab = visit()
    page = tab.open("derivations/backpropagation/")
    page.locator(".equation").first.hover()  # the names are looked for now
    page.locator(".equation [data-symbol=dW1]").first.hover()
    assert (
        page.locator(".copyable .symbol--lit").all_text_contents()
        == ["dW1"] * page.locator(".copyable [data-symbol=dW1]").count()
    )
    page.locator(".copyable [data-symbol=W2]").first.hover()
    assert page.locator(".equation .symbol--lit").count()
    page.locator("[href$='#bp-W1'].verified").focus()
    assert "dZ1" in page.locator(".copyable .symbol--lit").all_text_contents()
    assert not tab.errors


def test_a_formula_is_copied_as_tex(visit):
    tab = visit()
    page = tab.open("derivations/backpropagation/")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#eq-bp-W1').parentElement)")
    page.keyboard.press("Control+c")
    assert r"\label{bp-W1}" in tab.clipboard()


def test_a_derivation_weighs_at_most_150_kb(visit, pages):
    """All that its first visit fetches, as it travels; pictures apart."""
    heavy = []
    for path in [path for path in pages if path.startswith("derivations/")]:
        tab, sizes = visit(), {}
        tab.page.on("response", lambda response, sizes=sizes: sizes.update({response.url: response.headers}))
        tab.open(path)
        weight = sum(int(h.get("content-length", 0)) for url, h in sizes.items() if not url.endswith(".png"))
        tab.context.close()
        if not 50_000 < weight <= 150_000:
            heavy.append((path, weight))
    assert not heavy


@pytest.mark.parametrize("late", ["nothing", "*.woff2", "site.css"])
@pytest.mark.parametrize("width", [1280, NARROW])
@pytest.mark.parametrize(
    "path",
    [*map(KINDS.get, ["home", "derivation", "notebook"]), "derivations/initialization/", "check/", "playground/"],
)
def test_nothing_moves_while_loading(visit, path, width, late):
    tab = visit(width=width)

    def hold(route):
        tab.page.wait_for_timeout(500)
        route.continue_()

    tab.page.route(f"**/{late}", hold)
    shift = tab.open(path).evaluate("""() => new Promise(resolve => {
        let sum = 0
        new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value })
            .observe({ type: "layout-shift", buffered: true })
        setTimeout(() => resolve(sum), 300)
    })""")
    assert shift < 0.01


def test_the_policy_stops_scripts_that_are_not_ours(visit, pages, site):
    tab = visit()
    page = tab.open("")
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "http" not in policy
    page.evaluate("""() => {
        const script = document.createElement("script")
        script.textContent = "window.planted = true"
        document.head.append(script)
    }""")
    assert page.evaluate("window.planted === undefined")
    assert tab.errors  # the browser says so


def test_the_download_is_the_notebook_with_its_outputs(site):
    downloads = sorted(site.glob("notebooks/*/*.ipynb"))
    assert downloads
    for path in downloads:
        cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in cells)
        assert any(cell["outputs"] for cell in cells)
