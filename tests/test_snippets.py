"""Every Python block of README and of the pages runs as it stands, or says visibly that it is a fragment."""

import ast

import joblib
import pytest

from code_of_pages import PAGES, ROOT, blocks, indented, is_python, run

SHOWN = {"python": "a block that runs", "pycon": "a block that runs and prints"}


def names(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    """python: in an empty namespace; pycon and `.continues`: after the blocks above, on the same page."""
    monkeypatch.chdir(tmp_path)
    above = {"__name__": "__main__"}
    for block in blocks(page.read_text("utf-8")):
        if not block.words & set(SHOWN) or block.words & {"fragment", "wrong", "right"}:
            continue
        alone = {"__name__": "__main__"} if "python" in block.words and "continues" not in block.words else above
        with joblib.parallel_config("threading"):  # where a page writes n_jobs=-1
            run(block, alone, f"{names(page)}:{block.line}")
        above.update(alone)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_what_does_not_run_is_python_and_says_what_it_is(page):
    for block in blocks(page.read_text("utf-8")):
        if block.words & {"fragment", "wrong", "right"}:
            ast.parse(block.code, f"{names(page)}:{block.line}")
        if "fragment" in block.words:
            assert block.title.startswith("Fragment"), (block.line, block.info)
        for word, label in ("wrong", "**✗ Wrong**"), ("right", "**✓ Right**"):
            assert (word in block.words) == (block.before == label), (block.line, block.before)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_prompt_stands_in_a_block_that_runs(page):
    text = page.read_text("utf-8")
    run = "".join(b.code for b in blocks(text) if "pycon" in b.words and not b.words & {"fragment", "wrong", "right"})
    assert text.count(">>> ") == run.count(">>> ")


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_no_python_stands_outside_a_fence(page):
    assert not [text for text in indented(page.read_text("utf-8")) if is_python(text)]


PLANTED = """Text.

    x = unmarked

??? bug "Symptom"

    **✗ Wrong**

    ``` { .python .wrong .no-copy }
    return 1
    ```

        y = hidden(1)

``` { .python .fragment title="Fragment: a loop" }
pass
```

```python
assert not_defined
```

```pycon
>>> 1 + 1
3

```
"""


def test_a_block_that_fails_is_noticed():
    wrong, fragment, python, pycon = blocks(PLANTED)
    assert (wrong.words, wrong.before, wrong.code) == ({"python", "wrong", "no-copy"}, "**✗ Wrong**", "return 1\n")
    assert (fragment.title, fragment.words) == ("Fragment: a loop", {"python", "fragment"})
    assert [text.strip() for text in indented(PLANTED) if is_python(text)] == ["y = hidden(1)", "x = unmarked"]
    with pytest.raises(NameError, match="not_defined"):
        run(python, {}, "planted")
    with pytest.raises(AssertionError, match=r"Got:\n +2"):
        run(pycon, {}, "planted")
