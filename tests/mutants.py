"""Mutation testing: change one operator or number of a module at a time, and see that a test fails.

    python tests/mutants.py core regularization

Runs cosmic-ray (extra `dev`) with two workers, each in a copy of the checkout, against the module's tests.
Exits with 1 if a mutant survives that is not listed here as equivalent.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = {
    "core": "tests/test_core.py tests/test_witnesses.py",
    "objective": "tests/test_objective.py tests/test_training.py",
}

# Why no test can tell a mutant from the original: a pattern of the line as it reads after the mutation.
EQUIVALENT = {
    r"strict=False": "the lengths are compared above, or refused below",
    r"size <= 0": "no size is below 0",
    r"np\.rint\(E // unit\)": "multiples of unit that are near E will do, and rounding down gives some",
    r"unit = 2\*\* ?(25|27) ": "any split that leaves a sum of many multiples exact will do",
    r"initial= ?(- ?1|~0|not 0)\)": "only an empty row has it as its maximum, and an empty sum is 0",
    r"np\.maximum\(D, (- ?(399|401)|~400)\)": "exp(-798) is 0 as well",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_of_checkout(to: Path) -> Path:
    """The files that git tracks, as they are in the work tree."""
    files = subprocess.check_output(["git", "ls-files", "twolayer", "tests", "pyproject.toml"], cwd=ROOT, text=True)
    for name in files.splitlines():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)
    return to


def survivors(module: str, work: Path) -> tuple[int, list[str]]:
    """The number of mutants of the module, and the changed lines of those that no test noticed."""
    cosmic_ray = [str(Path(sys.executable).with_name("cosmic-ray"))]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "CI": ""}
    ports = [free_port() for _ in range(2)]
    config = work / f"{module}.toml"
    tests = TESTS.get(module, f"tests/test_{module}.py")
    config.write_text(
        f"""
        [cosmic-ray]
        module-path = "twolayer/{module}.py"
        timeout = 120.0
        excluded-modules = []
        test-command = "{sys.executable} -m pytest -n0 -x -q {tests}"
        [cosmic-ray.distributor]
        name = "http"
        [cosmic-ray.distributor.http]
        worker-urls = {json.dumps([f"http://127.0.0.1:{port}" for port in ports])}
        """
    )
    session = work / f"{module}.sqlite"
    copies = [copy_of_checkout(work / f"{module}-{i}") for i in range(2)]
    subprocess.run([*cosmic_ray, "init", config, session], cwd=copies[0], check=True)
    workers = [
        subprocess.Popen(
            [*cosmic_ray, "http-worker", "--port", str(port)], cwd=copy, env=environment, stdout=subprocess.DEVNULL
        )
        for port, copy in zip(ports, copies, strict=True)
    ]
    try:
        time.sleep(3)
        subprocess.run([*cosmic_ray, "exec", config, session], cwd=copies[0], check=True, env=environment)
    finally:
        for worker in workers:
            worker.terminate()
    dump = subprocess.check_output([*cosmic_ray, "dump", session], text=True)
    results = [json.loads(line)[1] for line in dump.splitlines()]
    alive = []
    for result in results:
        if not result or result["test_outcome"] not in ("killed", "survived"):
            alive.append(f"not run: {result}")
        elif result["test_outcome"] == "survived":
            added = [line[1:].strip() for line in result["diff"].splitlines() if line.startswith("+")][1:]
            alive.append(" ".join(added))
    return len(results), alive


def main() -> int:
    unexplained = 0
    with tempfile.TemporaryDirectory() as work:
        for module in sys.argv[1:] or ["core"]:
            count, alive = survivors(module, Path(work))
            reasons = {line: next((EQUIVALENT[e] for e in EQUIVALENT if re.search(e, line)), "") for line in alive}
            equivalent = [line for line in alive if reasons[line]]
            wrong = [line for line in alive if not reasons[line]]
            unexplained += len(wrong)
            killed = count - len(alive)
            print(f"{module}: {count} mutants, {killed} killed, {len(equivalent)} equivalent, {len(wrong)} survived")
            for line in wrong:
                print(f"  survived: {line}")
            for line in equivalent:
                print(f"  equivalent: {line}\n    {reasons[line]}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
