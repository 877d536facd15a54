"""Mutation testing: change one operator or number of a module at a time, and see that a test fails.

    python tests/mutants.py core regularization

cosmic-ray (extra `dev`) makes the mutants. The module's tests run on each in a copy of the checkout, in a fork of a
process that has loaded what they import, so that a mutant costs a second and not five. Exits with 1 if one survives
that is not listed here as equivalent.
"""

import difflib
import gc
import importlib
import multiprocessing
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
LONGEST = 120  # seconds of processor time; a mutant that does not end has been noticed
LOADED = ["numpy", "hypothesis", "mpmath", "sympy", "autograd.numpy", "torch", "sklearn.neural_network"]
TESTS = {
    "core": ["tests/test_core.py", "tests/test_witnesses.py"],
    "objective": ["tests/test_objective.py", "tests/test_training.py"],
}

# Why no test can tell a mutant from the original: a pattern of the line as it reads after the mutation.
EQUIVALENT = {
    r"strict=False": "the lengths are compared above, or refused below",
    r"size <= 0": "no size is below 0",
    r"i % 2 <= 0": "no remainder is below 0",
    r" is not (len\(widths\) - )?2": "numbers this small are one object",
    r"params\[(:~2|:- ?3|1:- ?1):2\]": "of an even number of parameters, the same",
    r"len\(inputs\[ ?-1\]\)": "every layer has as many rows",
    r"np\.where\(Z > 0, 1, E\)": "at 0, E is 1",
    r"rng\.random\(shape\) <= keep": "a draw equals keep once in 2^53",
    r"np\.rint\(E // unit\)": "multiples of unit that are near E will do, and rounding down gives some",
    r"unit = 2\*\* ?(25|27) ": "any split that leaves a sum of many multiples exact will do",
    r"initial= ?(- ?1|~0|not 0)\)": "only an empty row has it as its maximum, and an empty sum is 0",
    r"if len\(\{len\(array\) for .*\}\) > 1": "X is always there, so they have one length at least",
    r"float\(blockwise_mean\(.*\)\[ ?-1\]\)": "there is one mean",
    r"of_logits.* if loss else (- ?)?1\.0": "left out of what is returned",
    r"block = min\(|max\( ?2, block\)|block= ?2\)": "how many vectors are taken at once changes no number",
    r"\(z (<|<=|>=) 0 for z in moved\)": "a unit that is 0 one step away is on another side two steps away",
    r"> ?= slack": "what is exactly at its bound is measured once more, and is right",
    r"np\.where\(skipped, (- ?2|~1), ": "no relative error is below 0",
    r"np\.where\(wrong, excess, .*\) if": "the excess of what is wrong is above 1",
    r"\(n, (- ?2|~1)\)": "NumPy takes any negative size for the one that is left",
    r"\)\[(\.\.\., )? ?- ?1\]$|\[\.\.\., - ?1\], stacked": "there is one",
    r"\[h, -h\]\)\)\[1\] <= 0": "both sides turned round differ where they differed",
    r"near\[i\] = .* >= 0\)": "it only says where to look once more",
    r"behind\)\.any\(axis=\+?1\)": "there are two axes",
    r"np\.zeros\(\(n, 1\)\)": "a unit that stays at 0 crosses no kink",
    r"-\(-theta\.size \| block\)": "as with the block above, there are enough of them",
    r"checked != 0": "no count is below 0",
    r"~skipped \*|slack\) \* np|\(p1 != m1\) \*": "a product of truth values is true where both are",
    r"\(p1 != p2\) \+|\(m1 != m2\) \+|\(kinks \+": "a sum of truth values is true where one of them is",
    r"params\[1:: ?1\]": "besides the biases, weights that are as long as the bias before them",
    r"np\.maximum\(D, (- ?(399|401)|~400)\)": "exp(-798) is 0 as well",
}


def mutants(source: str) -> list[str]:
    """The source with one change each."""
    found = []
    for operator in map(get_operator, operator_names()):
        for i in count() if not operator.arguments() else ():
            mutant = mutate_code(source, operator(), i)
            if mutant is None:
                break
            found.append(mutant)
    return list(dict.fromkeys(found))


def copy_of_checkout(to: Path) -> Path:
    """The files that git tracks, as they are in the work tree."""
    files = subprocess.check_output(["git", "ls-files", "twolayer", "tests", "docs", "pyproject.toml"], cwd=ROOT)
    for name in files.decode().splitlines():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)
    return to


def unnoticed(job: tuple[str, str, str]) -> tuple[str, bool]:
    """(the mutant, whether all tests of the module pass on it)."""
    mutant, module, work = job
    copy = Path(work) / str(os.getpid())
    if not copy.exists():
        copy_of_checkout(copy)
    original = (ROOT / "twolayer" / f"{module}.py").read_text()
    (copy / "twolayer" / f"{module}.py").write_text(mutant)
    pid = os.fork()
    if not pid:
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
        ended = 1
        try:
            os.chdir(copy)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(1, 2)
            sys.path.insert(0, str(copy))
            tests = TESTS.get(module, [f"tests/test_{module}.py"])
            ended = pytest.main(["-x", "-q", "-n0", "-p", "no:cacheprovider", "--assert=plain", *tests])
        finally:
            os._exit(ended)
    _, status = os.waitpid(pid, 0)
    (copy / "twolayer" / f"{module}.py").write_text(original)
    return mutant, status == 0


def changed(source: str, mutant: str) -> str:
    """The lines of the mutant that are not those of the source."""
    lines = difflib.ndiff(source.splitlines(), mutant.splitlines())
    return " ".join(line[2:].strip() for line in lines if line.startswith("+ "))


def main() -> int:
    unexplained = 0
    sys.stdout.reconfigure(line_buffering=True)  # what was found so far can be read while the rest runs
    sys.dont_write_bytecode = True  # of two mutants of one second and one size, the second would run as the first
    for name in LOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()  # pytest collects garbage at its end, and need not look at all this
    for module in sys.argv[1:] or ["core"]:
        source = (ROOT / "twolayer" / f"{module}.py").read_text()
        made = mutants(source)
        with tempfile.TemporaryDirectory() as work, multiprocessing.get_context("fork").Pool(2) as pool:
            if not pool.apply(unnoticed, [(source, module, work)])[1]:
                sys.exit(f"{module}: its tests do not pass as it is")
            runs = pool.imap_unordered(unnoticed, [(mutant, module, work) for mutant in made])
            reasons = []
            for mutant, passed in tqdm(runs, module, len(made), disable=not sys.stderr.isatty()):
                if passed:
                    line = changed(source, mutant)
                    reasons.append(next((EQUIVALENT[e] for e in EQUIVALENT if re.search(e, line)), ""))
                    print(f"  equivalent: {line}\n    {reasons[-1]}" if reasons[-1] else f"  survived: {line}")
        equivalent, survived = sum(map(bool, reasons)), reasons.count("")
        killed, unexplained = len(made) - len(reasons), unexplained + survived
        print(f"{module}: {len(made)} mutants, {killed} killed, {equivalent} equivalent, {survived} survived")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
