"""A topic has one name and four faces: module, derivation, notebook, test. mkdocs.yml lists the topics."""

import re
from pathlib import Path

CORE = ("model", "initialization", "relu_and_sigmoid", "loss", "backpropagation", "gradient_descent")
# The module of a topic, where it is not of its name.
HOME_OF = dict.fromkeys(CORE, "core") | {
    "early_stopping": "training",
    "cross_validation": "sklearn",
    "neural_network": "estimator",
    "workflow": "estimator",
}
DERIVATION_OF = {"neural_network": "backpropagation", "workflow": "cross_validation"}


def pages(root: Path) -> list[tuple[str, str]]:
    """(folder, topic) of each derivation and notebook, in the order of the navigation."""
    return re.findall(r"\b(derivations|notebooks)/(\w+)\.(?:md|ipynb)", (root / "mkdocs.yml").read_text("utf-8"))


def topics(root: Path) -> list[str]:
    return list(dict.fromkeys(topic for _, topic in pages(root)))


def faces(page: str, root: Path) -> str:
    """Links from a derivation or notebook to the other faces of its topic."""
    folder, topic = Path(page).parent.name, Path(page).stem
    module, derivation = HOME_OF.get(topic, topic), DERIVATION_OF.get(topic, topic)
    notebook = topic if topic not in CORE or topic == "gradient_descent" else "neural_network"
    test = module if module in ("core", "estimator") else topic
    links = {
        f"twolayer/{module}.py": f"Module [`twolayer/{module}.py`](../api.md#twolayer.{module})",
        f"docs/derivations/{derivation}.md": f"Derivation [`{derivation}`](../derivations/{derivation}.md)",
        f"docs/notebooks/{notebook}.ipynb": f"Notebook [`{notebook}`](../notebooks/{notebook}.ipynb)",
        f"tests/test_{test}.py": f"Test [`tests/test_{test}.py`](../verified.md#of-{derivation})",
    }
    shown = [link for path, link in links.items() if not path.startswith(f"docs/{folder}/") and (root / path).exists()]
    if folder == "notebooks":
        shown.append(f"[Download with outputs]({topic}/{topic}.ipynb){{ download }}")
    return " · ".join(shown)
