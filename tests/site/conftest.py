"""The built site in a browser. Asked for by its path, because building the site and Chromium take time:

pytest tests/site                  # builds the site first
pytest tests/site --site site      # takes one that is built
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import Project
from server import serving

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser):
    parser.addoption("--site", help="directory of a built site, in place of building one")


def pytest_ignore_collect(collection_path, config):
    asked = [Path(str(arg).split("::")[0]).resolve() for arg in config.args]
    here = Path(__file__).parent
    return None if any(here == path or here in path.parents for path in asked) else True


@pytest.fixture(scope="session")
def site(request, tmp_path_factory) -> Path:
    """The directory of the site."""
    if built := request.config.getoption("--site"):
        return Path(built).resolve()
    pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")
    out = tmp_path_factory.mktemp("site")
    # Not --quiet: warnings would not be counted.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return out


@pytest.fixture(scope="session")
def pages(site) -> list[str]:
    """Addresses of all pages, relative to the site."""
    found = sorted(site.rglob("*.html"))
    return [path.relative_to(site).as_posix().removesuffix("index.html") for path in found]


@pytest.fixture(scope="session")
def address(site):
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
    if not shutil.which(CHROMIUM):
        pytest.skip(f"{CHROMIUM} is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def project(tmp_path):
    """A small project, in a folder whose name is in the way of what does not quote it."""
    (tmp_path / "my [first] Übung").mkdir()
    return Project(tmp_path / "my [first] Übung")


class Visit:
    """A tab on the site that remembers what went wrong in it."""

    def __init__(self, browser, address, width=1280, scheme="light", touch=False):
        self.address = address
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            is_mobile=touch,
            has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.page = self.context.new_page()
        self.errors, self.foreign = [], []
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self.on_request)

    def on_console(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(f"{self.page.url}: {message.text}")

    def on_request(self, request):
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, path):
        self.page.goto(self.address + path, wait_until="networkidle")
        self.page.evaluate("document.documentElement.classList.add('keyboard')")  # site.css: lay out the whole page
        self.settle()
        return self.page

    def settle(self):
        """Wait for some frames: observers, such as that of what can scroll, run when a frame has been laid out."""
        self.page.evaluate("async () => { for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame) }")

    def violations(self):
        """What axe finds on the page as it is, in light and in dark."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra `browser` is missing")
        self.page.add_style_tag(
            content="*, ::before, ::after { transition: none !important; animation: none !important }"
        )
        found = []
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.settle()
            violations = axe.Axe().run(self.page).response["violations"]
            found += [(scheme, v["id"], [node["target"] for node in v["nodes"]][:5]) for v in violations]
        return found

    def clipboard(self):
        return self.page.evaluate("navigator.clipboard.readText()")


@pytest.fixture
def visit(browser, address):
    """Opens a tab: visit(width=390, scheme="dark")."""
    visits = []

    def start(**options):
        visits.append(Visit(browser, address, **options))
        return visits[-1]

    yield start
    for each in visits:
        each.context.close()
