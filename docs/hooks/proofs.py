"""What the tests measured for each equation: checked for gaps, shown as badges, listed on the Proofs page.

pytest writes docs/proofs.json: {equation id: [{"test", "against", "cases", "worst", "bound"}, ...]}.
"""

import json
import logging
from pathlib import Path
from typing import Any

import package
from chapters import order
from equations import Equation

log = logging.getLogger("mkdocs.hooks.twolayer")
Proofs = dict[str, list[dict[str, Any]]]


def load(path: Path, optional: bool) -> Proofs | None:
    """The last run's measurements; None if there was none and TWOLAYER_NO_PROOFS allows it."""
    if path.exists():
        return json.loads(path.read_text("utf-8"))  # type: ignore[no-any-return]
    if not optional:
        log.warning("docs/proofs.json is missing: run pytest, or set TWOLAYER_NO_PROOFS=1 to see the site without")
    return None


def check(equations: dict[str, Equation], proofs: Proofs | None) -> None:
    """Warn of an equation that no test proves, and of a proof whose equation no page has."""
    if proofs is None:
        return
    for id in equations.keys() - proofs.keys():
        log.warning(f"{equations[id].page}: no test proves the equation '{id}'")
    for id in proofs.keys() - equations.keys():
        log.warning(f"docs/proofs.json: {proofs[id][0]['test']} proves '{id}', which no page has")


def badge(equation: Equation, proofs: Proofs | None, url: str, numbered: bool) -> str:
    """A small link to the proof, saying what it measured."""
    entries = (proofs or {}).get(equation.id)
    number = f"({equation.number}) " if numbered else ""
    said = f"{number}proven · {measured(entries)}" if entries else f"{number}proof not run"
    state = "" if entries else " proof--missing"
    return f'<a class="proof{state}" href="{url}#{equation.id}">{said}</a>'


def measured(entries: list[dict[str, Any]]) -> str:
    """How many cases, and the error nearest to its bound."""
    errors = [(entry["worst"], entry["bound"]) for entry in entries if entry["worst"] is not None]
    worst, bound = max(errors, key=lambda e: e[0] / e[1] if e[1] else 0, default=(None, None))
    said = "" if worst is None else f" · worst {worst:.2g} ≤ {bound:.2g}" if worst else " · exact"
    return cases(sum(entry["cases"] for entry in entries)) + said


def cases(count: int) -> str:
    return f"{count:,} case{'s' * (count != 1)}"


def page(root: Path, equations: dict[str, Equation], proofs: Proofs | None) -> str:
    """Markdown of the Proofs page: each equation, what it was compared with, and the source of the tests."""
    parts = []
    by_page: dict[str, list[Equation]] = {}
    for equation in equations.values():
        by_page.setdefault(equation.page, []).append(equation)
    shown: set[str] = set()  # a test can prove equations of several pages
    for src_uri in sorted(by_page, key=order):
        group = by_page[src_uri]
        title = (root / "docs" / src_uri).read_text("utf-8").splitlines()[0].lstrip("# ")
        parts.append(f"## {title} {{#of-{Path(src_uri).stem}}}")
        tests: dict[str, None] = {}
        for equation in group:
            entries = (proofs or {}).get(equation.id, [])
            parts.append(f"### [{equation.id}]({src_uri}#eq-{equation.id}) {{#{equation.id}}}")
            parts.append(f"$$\n{equation.tex}\n$$")
            if not entries:
                parts.append("The tests were not run for this build.")
                continue
            lines = []
            for entry in entries:
                test = entry["test"].partition("[")[0]
                tests[test] = None
                said = cases(entry["cases"])
                if entry["worst"] is not None:
                    said += f", largest error {entry['worst']:.2g} of {entry['bound']:.2g} allowed"
                lines.append(f"- {entry['against']}: {said}. [`{test.rpartition('::')[2]}`](#{anchor(test)})")
            parts.append("\n".join(lines))
        for test in [test for test in tests if test not in shown]:
            shown.add(test)
            source = package.test_source(root, test)
            if source is None:
                log.warning(f"docs/proofs.json: there is no test {test}")
                continue
            parts.append(
                f'<details class="quote" id="{anchor(test)}" markdown="1"><summary><code>{test}</code></summary>\n\n'
                f"```python\n{source}\n```\n\n</details>"
            )
    return "\n\n".join(parts)


def anchor(test: str) -> str:
    return test.removeprefix("tests/").replace(".py", "").replace("::", "-").replace("/", "-")
