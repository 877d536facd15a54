"""A topic has one name and four faces: module, derivation, notebook, test. mkdocs.yml lists the topics."""

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tests read this module, where MkDocs need not be installed
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

CORE = ("model", "initialization", "relu_and_sigmoid", "loss", "backpropagation", "gradient_descent")
# The module of a topic, where it is not of its name.
HOME_OF = dict.fromkeys(CORE, "core") | {
    "early_stopping": "training",
    "cross_validation": "sklearn",
    "neural_network": "estimator",
    "workflow": "estimator",
}


def pages(root: Path) -> list[tuple[str, str]]:
    """(folder, topic) of each derivation and notebook, in the order of the navigation."""
    return re.findall(r"\b(derivations|notebooks)/(\w+)\.(?:md|ipynb)", (root / "mkdocs.yml").read_text("utf-8"))


def topics(root: Path) -> list[str]:
    return list(dict.fromkeys(topic for _, topic in pages(root)))


def add_faces(markdown: str, page: "Page", root: Path, files: "Files", verified: set[str]) -> str:
    """Below the title of a derivation or notebook, links to the other faces of its topic."""
    path = PurePosixPath(page.file.src_uri)
    topic, title, body = path.stem, *markdown.partition("\n")[::2]
    if path.parts[0] not in ("derivations", "notebooks") or not title.startswith("# "):
        return markdown
    module = HOME_OF.get(topic, topic)
    faces = []
    if (root / f"twolayer/{module}.py").exists():
        faces.append(f"Module [`twolayer/{module}.py`](../api.md#twolayer.{module})")
    if path.parts[0] == "notebooks":
        others = [f"derivations/{'backpropagation' if topic == 'neural_network' else topic}.md"]
    else:
        others = [f"notebooks/{topic}.ipynb", *["notebooks/neural_network.ipynb"] * (module == "core")]
    for other in [other for other in others if files.get_file_from_path(other)][:1]:
        kind, name = other.split("/")
        faces.append(f"{kind.title()[:-1]} [`{name}`](../{other})")
    for test in [name for name in (topic, module) if (root / f"tests/test_{name}.py").exists()][:1]:
        test = f"`tests/test_{test}.py`"
        faces.append(
            f"Test [{test}](../verified.md#of-{topic})" if f"derivations/{topic}.md" in verified else f"Test {test}"
        )
    if path.parts[0] == "notebooks":
        faces.append(f"[Download with outputs]({topic}/{topic}.ipynb){{ download }}")
    return f"{title}\n\n{' · '.join(faces)}\n{{ .faces }}\n{body}" if faces else markdown
