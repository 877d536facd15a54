"""Each page has exercises, each exercise an answer, and the code of each answer runs by itself and checks itself."""

import re
import textwrap
from dataclasses import dataclass

import pytest

from code_of_pages import PAGES, blocks, run

EXERCISE = re.compile(r"^\*\*(\d+)\.\*\* (.*?)(?=^\*\*\d+\.\*\* |\Z)", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r'^\?\?\? success "Answer"\n\n((?: {4}[^\n]*\n|\n)+)', re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    number: int
    question: str
    answers: list[str]


def exercises(markdown):
    """The numbered exercises of the section of this name, each with what is folded below it."""
    section = markdown.partition("\n## Exercises\n")[2].partition("\n## ")[0]
    return [
        Exercise(int(number), text.partition("\n")[0], [*map(textwrap.dedent, ANSWER.findall(text + "\n"))])
        for number, text in EXERCISE.findall(section)
    ]


WITH_EXERCISES = [page for page in PAGES if page.parent.name == "derivations"]
ANSWERS = [
    pytest.param(answer, id=f"{page.stem}-{exercise.number}")
    for page in WITH_EXERCISES
    for exercise in exercises(page.read_text("utf-8"))
    for answer in exercise.answers
    if blocks(answer)
]


@pytest.mark.parametrize("page", WITH_EXERCISES, ids=lambda page: page.stem)
def test_a_page_has_three_exercises_with_answers_and_one_in_code(page):
    found = exercises(page.read_text("utf-8"))
    assert [exercise.number for exercise in found] == list(range(1, len(found) + 1))
    assert len(found) >= 3
    for exercise in found:
        assert len(exercise.answers) == 1, exercise.question
    assert any(blocks(answer) for exercise in found for answer in exercise.answers)


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_code_of_an_answer_runs_by_itself_and_checks_itself(answer):
    code = blocks(answer)
    assert any("assert " in block.code or "pycon" in block.words for block in code), "nothing in it can fail"
    namespace = {"__name__": "__main__"}
    for block in code:
        run(block, namespace, "answer")


PLANTED = """# Page

## Exercises

**1.** How much?

??? success "Answer"

    ```python
    assert 1 + 1 == 3
    ```

**2.** And?
"""


def test_an_answer_that_is_missing_or_wrong_is_noticed():
    first, second = exercises(PLANTED)
    assert (first.number, first.question, second.answers) == (1, "How much?", [])
    with pytest.raises(AssertionError):
        run(blocks(first.answers[0])[0], {}, "answer")
