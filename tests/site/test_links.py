"""Every link and every anchor of the built site leads somewhere."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit


class Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                assert value not in self.ids, f"id {value!r} twice"
                self.ids.add(value)
            elif name in ("href", "src") and not value.startswith(("http", "mailto:", "data:", "javascript:")):
                self.links.append(value)


def test_every_link_and_anchor_resolves(site, pages):
    parsed = {path: Page((site / path / "index.html" if path.endswith("/") or not path else site / path).read_text())
              for path in pages}  # fmt: skip
    broken = []
    for path, page in parsed.items():
        for link in page.links:
            target = urlsplit(urljoin("http://site/" + ("" if path == "404.html" else path), link))
            to, anchor = unquote(target.path).lstrip("/"), unquote(target.fragment)
            if to not in parsed and not (to and (site / to).is_file()):
                broken.append(f"{path}: {link}")
            elif anchor and to in parsed and not anchor.startswith("__") and anchor not in parsed[to].ids:
                broken.append(f"{path}: {link} has no such anchor")
    assert sum(len(page.links) for page in parsed.values()) > 100
    assert not broken


def test_every_equation_has_the_anchor_that_twolayer_check_links_to(site, pages):
    anchors = {id for path in pages if path.startswith("derivations/") or path == "speed/"
               for id in Page((site / path / "index.html").read_text()).ids}  # fmt: skip
    equations = json.loads((Path(__file__).parents[2] / "docs/verified.json").read_text())
    assert len(equations) > 50
    assert not [id for id in equations if f"eq-{id}" not in anchors]
