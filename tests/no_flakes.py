"""Run the Hypothesis tests with many seeds, to see that none depends on luck.

    python tests/no_flakes.py 50

Each run draws other examples (profile `random`). Prints a line a run, and exits with 1 if one was red.
"""

import subprocess
import sys
from pathlib import Path

from tqdm import trange

ROOT = Path(__file__).parents[1]


def main() -> int:
    red = []
    for seed in trange(int(sys.argv[1]) if len(sys.argv) > 1 else 50, unit="run"):
        options = ["-q", "-m", "hypothesis", "--hypothesis-profile=random", f"--hypothesis-seed={seed}"]
        done = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT, capture_output=True, text=True)
        print(f"seed {seed}: {done.stdout.strip().splitlines()[-1]}", flush=True)
        if done.returncode:
            red.append(seed)
            print(done.stdout[-3000:])
    print(f"red: {red or 'none'}")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
