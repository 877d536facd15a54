"""The cheat sheet is one page of A4: as the PDF beside it, and as a browser prints it."""

import inspect
import re

import pytest

from twolayer import backward, forward, step

A4 = 595, 842  # in points


def sheets(pdf):
    """Width and height of each page."""
    return [tuple(map(float, box.split()[2:])) for box in re.findall(rb"/MediaBox ?\[([^\]]*)\]", pdf)]


def test_the_pdf_is_one_page(site):
    assert sheets((site / "cheat_sheet.pdf").read_bytes()) == [pytest.approx(A4, abs=1)]


def test_the_page_prints_on_one_page_in_either_scheme(visit):
    for scheme in "light", "dark":
        printed = visit(scheme=scheme).open("cheat_sheet/").pdf(prefer_css_page_size=True)
        assert sheets(printed) == [pytest.approx(A4, abs=1)]


def test_the_link_leads_to_the_pdf(visit, site):
    page = visit().open("cheat_sheet/")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    assert download.value.path().read_bytes() == (site / "cheat_sheet.pdf").read_bytes()


def test_its_code_is_that_of_the_package(visit):
    shown = visit().open("cheat_sheet/").locator("pre").first.inner_text().splitlines()
    for function in forward, backward, step:
        head, *body = inspect.getsource(function).rstrip().splitlines()
        math = [line for line in body if "  # (" in line]  # a line with its shape
        assert {head, *math, body[-1]} <= set(shown)
