"""Mutation testing: change one operator or number of a module at a time, and see that a test fails.

    python tests/mutants.py core regularization

Runs cosmic-ray (extra `dev`) with two workers, each in a copy of the checkout, against the module's tests.
Exits with 1 if a mutant survives that is not listed here as equivalent.
"""

import json
import os
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
}

# Why no test can tell a changed line from the original, and those lines, as they read after the mutation.
REASONS = {
    "no size is below 0": (
        "if Z.shape != y.shape or y.size <= 0 or w.shape != (len(y), 1):",
        "if Z.shape != y.shape or y.size <= 0:",
        "if y.shape != (k, n) or y.size <= 0 or b1.shape != (h,) or W2.shape != (h, k) or b2.shape != (k,):",
    ),
    "none below 0 gets there": (
        "if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any() or not (weights != 0).any():",
    ),
    "small integers are one object": (
        "if len(masks) is not len(widths) - 2:",
        "if dZ.shape != (len(inputs[0]), len(params[-1])) or len(params) is not 2 * len(inputs):",
    ),
    "all inputs have the same rows": (
        "if dZ.shape != (len(inputs[ -1]), len(params[-1])) or len(params) != 2 * len(inputs):",
    ),
    "the two slices have one length": (
        "fitting = [shape for d, h in zip(widths[:-1], widths[1:], strict=False) for shape in ((d, h), (h,))]",
        "for fan_in, fan_out in zip(sizes[:-1], sizes[1:], strict=False):",
    ),
    "their lengths were checked above": ("for W, b, mask in zip(params[:-2:2], params[1:-2:2], masks, strict=False):",),
    "the tuple has an even number of parts, so both slices end at the same one": (
        "for W, b, mask in zip(params[:~2:2], params[1:-2:2], masks, strict=True):",
        "for W, b, mask in zip(params[:- 3:2], params[1:-2:2], masks, strict=True):",
        "for W, b, mask in zip(params[:-2:2], params[1:- 1:2], masks, strict=True):",
    ),
    "the two differ where a draw of 53 bits is keep itself": ("return (rng.random(shape) <= keep) / keep",),
    "0 times either is 0": (
        "loss = np.fabs(Z) * np.where(Z <= 0, y, 1 - y) + np.log1p(np.exp(-np.fabs(Z)))  # (n, k)",
        "return (np.fabs(Z2) * np.where(Z2 <= 0, y, 1 - y) + np.log1p(np.exp(-np.fabs(Z2)))).mean(axis=-1)  # (..., n)",
    ),
    "at Z = 0 both are exactly one half": ("return np.where(Z > 0, 1 - Q, Q)",),
    "no remainder is < 0": ("return tuple(lam * p if i % 2 <= 0 else np.zeros_like(p) for i, p in enumerate(params))",),
    "any float of Python's has the same result type": tuple(
        line.replace("0.5", other)
        for other in ("1.5", "-0.5")
        for line in (
            "return (Z * Phi).astype(np.result_type(Z, 0.5))",
            "return (Phi + z * np.exp(z * z / -2) / np.sqrt(2 * np.pi)).astype(np.result_type(Z, 0.5))",
            "return X + noise.astype(np.result_type(X, 0.5))  # float32 stays, integers become floats",
            "rotated = X.astype(np.result_type(X, 0.5))  # (n, d): a copy, float",
            "lam = rng.beta(alpha, alpha, (len(X), 1)).astype(np.result_type(X, 0.5))  # (n, 1)",
        )
    ),
    "exp(-39² / 2) is 0 in float64, and below 41 nothing overflows": tuple(
        f"z = np.clip(Z, {limits})  # Z φ(Z) is 0 beyond, and Z² would overflow"
        for limits in ("- 39.0, 40.0", "- 41.0, 40.0", "-40.0, 39.0", "-40.0, 41.0")
    ),
    "the value is taken only where Z <= 0": (
        "return np.where(Z > 0, 1, alpha * np.exp(np.minimum(Z, 1)))",
        "return np.where(Z > 0, Z, alpha * np.expm1(np.minimum(Z, 1)))",
    ),
    "only the dtype is used": (
        "return np.where(Z > 0, 1, slope).astype((slope + Z).dtype)",
        "return np.where(Z > 0, 1, slope).astype((slope - Z).dtype)",
    ),
    "at Z = 0 both are 0": (
        "return np.where(Z >= 0, Z, alpha * np.expm1(np.minimum(Z, 0)))",
        "return np.where(Z >= 0, Z, slope * Z)",
    ),
    "nothing is above infinity": (
        "if not 0 <= scale != np.inf:",
        "if not 0 <= max_angle != np.inf:",
        "if not 0 < alpha != np.inf or X.ndim != 2 or y.ndim != 2 or len(X) != len(y):",
    ),
    "the lengths were compared above": (
        "velocity = tuple(mu * v + g for v, g in zip(velocity, grads, strict=False))",
        "ahead = tuple(g + mu * v for v, g in zip(velocity, grads, strict=False))",
        "m = tuple(beta1 * mi + (1 - beta1) * g for mi, g in zip(m, grads, strict=False))",
        "v = tuple(beta2 * vi + (1 - beta2) * g * g for vi, g in zip(v, grads, strict=False))",
        "for mi, vi in zip(m, v, strict=False)",
    ),
    "the zip below it refuses the same input": ("for p, g in zip(params, grads, strict=False):",),
    "NumPy takes any negative size for the unknown one": tuple(
        f"{line}.reshape({sizes}){rest}"
        for line, one, rest in (
            ("slopes[i] = change", "i.size", ".mean(axis=1) / (2 * h)"),
            ("near += i[flips", "i.size", ".any(axis=1)].tolist()"),
            ("_, p1, m1, p2, m2 = evaluate(f, theta + E, params, stack)", "5", ""),
        )
        for sizes in (f"{one}, - 2", f"{one}, ~1")
    ),
    "there are five rows": ("if Z[0][on[1] != on[2]].any() or (on[1:3] != on[3: 6]).any():",),
    "fewer networks at once, or one more: the result is the same": tuple(
        f"stack = max({many})  # hidden layers: 256 KiB, in cache; parameters: 1 MiB"
        for many in (
            "0, min(32_768 // cache[1].size, 131_072 // P)",
            "2, min(32_768 // cache[1].size, 131_072 // P)",
            "1, min(32769 // cache[1].size, 131_072 // P)",
            "1, min(32767 // cache[1].size, 131_072 // P)",
            "1, min(32_768 >> cache[1].size, 131_072 // P)",
            "1, min(32_768 // cache[1].size, 131073 // P)",
            "1, min(32_768 // cache[1].size, 131071 // P)",
            "1, min(32_768 // cache[1].size, 131_072 >> P)",
            "1, min(32_768 // cache[1].size, 131_072 & P)",
        )
    ),
    "A1 and its gate have one shape": (
        "stack = max(1, min(32_768 // cache[2].size, 131_072 // P))"
        "  # hidden layers: 256 KiB, in cache; parameters: 1 MiB",
    ),
    "only changes of sign are asked for": ("on = Z <= 0",),
    "what lies ahead and what behind are asked the same": ("Z = evaluate(units, theta - E, params, stack)",),
    "no count is below 0": (
        "self.ok = cases != 0 and wrong == 0 and skipped <= 0.05 * (cases + skipped)",
        "self.ok = cases > 0 and wrong <= 0 and skipped <= 0.05 * (cases + skipped)",
    ),
    "the product of two truths is their conjunction": (
        "wrong = ~skipped * ~((error <= slack) & (relative <= 1e-7))  # so written, NaN is wrong",
        "wrong = ~skipped & ~((error <= slack) * (relative <= 1e-7))  # so written, NaN is wrong",
    ),
    "a wrong coordinate exceeds its bound, by more than 1": tuple(
        f"blame = np.where(wrong, excess, {other}) if wrong.any() else relative"
        for other in ("- 0", "- 2", "not 1", "~1")
    ),
    "no relative error is below 0": tuple(
        f"worst = int(np.argmax(np.where(skipped, {other}, blame)))" for other in ("- 2", "~1")
    ),
    "the zip above it refuses the same input": (
        "return tuple(p - lr * g for p, g in zip(params, grads, strict=False))",
    ),
}
EQUIVALENT = {"".join(line.split()): reason for reason, lines in REASONS.items() for line in lines}


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
            reasons = {line: EQUIVALENT.get("".join(line.split())) for line in alive}
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
