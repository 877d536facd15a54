"""The order of the pages, and the four faces of a topic: module, derivation, notebook, proof."""

from pathlib import Path, PurePosixPath
from typing import Any

from equations import Equation
from mkdocs.structure.files import Files

NETWORK = (
    "model",
    "initialization",
    "relu_and_sigmoid",
    "loss",
    "backpropagation",
    "gradcheck",
    "gradient_descent",
    "neural_network",
)
CHAPTERS = (
    "regularization",
    "dropout",
    "optimizers",
    "schedules",
    "minibatches",
    "early_stopping",
    "augmentation",
    "cross_validation",
    "sample_weights",
    "activations",
    "depth",
    "workflow",
)
REFERENCE = (
    "cheat_sheet", "troubleshooting", "speed", "migration", "scaling", "command_line", "proofs", "copy", "glossary",
    "api",
)  # fmt: skip
PEOPLE = ("check", "teachers", "contributing", "conventions")

# Topics whose module is named otherwise.
HOME_OF = {"early_stopping": "training", "neural_network": "estimator", "workflow": "estimator"}


def nav(root: Path) -> list[Any]:
    """The navigation: of each topic the faces that exist. A page left out here is warned of by MkDocs."""
    docs = root / "docs"

    def pages(names: tuple[str, ...], *forms: str) -> list[str]:
        candidates = [form.format(name) for name in names for form in forms]
        return [page for page in candidates if (docs / page).exists()]

    topic = ("derivations/{}.md", "notebooks/{}.ipynb")
    sections = {
        "The network": pages(NETWORK, *topic),
        "Chapters": pages(CHAPTERS, *topic),
        "Look up": pages(REFERENCE, "{}.md"),
        "For people": pages(PEOPLE, "{}.md"),
    }
    return [{"Home": "index.md"}, *({title: found} for title, found in sections.items() if found)]


def order(src_uri: str) -> int:
    """Where in the course a derivation stands."""
    topics = (*NETWORK, *CHAPTERS)
    topic = PurePosixPath(src_uri).stem
    return topics.index(topic) if topic in topics else len(topics)


def add_faces(markdown: str, src_uri: str, root: Path, files: Files, equations: dict[str, Equation]) -> str:
    """Below the title of a derivation or notebook, links to the other faces of its topic."""
    folder, _, name = src_uri.rpartition("/")
    if folder not in ("derivations", "notebooks") or not markdown.startswith("# "):
        return markdown
    topic = PurePosixPath(name).stem
    core = topic in NETWORK and not (root / f"twolayer/{topic}.py").exists()
    module = HOME_OF.get(topic, "core" if core else topic)
    faces = []
    if (root / f"twolayer/{module}.py").exists():
        faces.append(f"Module [`twolayer/{module}.py`](../api.md#twolayer.{module})")
    derivation = "backpropagation" if topic == "neural_network" else topic
    if folder == "notebooks" and files.get_file_from_path(f"derivations/{derivation}.md"):
        faces.append(f"Derivation [`{derivation}.md`](../derivations/{derivation}.md)")
    notebook = "neural_network" if core else topic
    if folder == "derivations" and files.get_file_from_path(f"notebooks/{notebook}.ipynb"):
        faces.append(f"Notebook [`{notebook}.ipynb`](../notebooks/{notebook}.ipynb)")
    tests = [f"tests/test_{name}.py" for name in (topic, module) if (root / f"tests/test_{name}.py").exists()]
    for test in tests[:1]:
        proven = any(e.page == f"derivations/{topic}.md" for e in equations.values())
        faces.append(f"Test [`{test}`](../proofs.md#of-{topic})" if proven else f"Test `{test}`")
    if folder == "notebooks":
        faces.append(f"[Download with outputs]({topic}/{topic}.ipynb){{ download }}")
    title, _, body = markdown.partition("\n")
    return f"{title}\n\n{' · '.join(faces)}\n{{ .faces }}\n{body}" if faces else markdown
