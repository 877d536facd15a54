"""How often the gradient check accuses a right network, and which mistakes it overlooks, in every unit of measurement.

    python tests/benchmarks/false_alarms.py [networks]

Networks of 1 to 20 features at a scale from 1e-3 to 1e3, of either sign or positive as pixels are, 1 to 32 hidden units
and 1 to 5,000 samples. Then every single coordinate is made wrong by one part in 10,000, in turn.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1]))
from networks import network
from twolayer import gradcheck

judge, seen = gradcheck.judge, {}


def remember(a, low, high, slack, kinks, where):
    """The verdict as it is, and what it was made from."""
    seen.update(a=a, low=low, high=high, slack=slack, kinks=kinks)
    return judge(a, low, high, slack, kinks, where)


def main(count=1000):
    gradcheck.judge = remember
    verdicts, coordinates = Counter(), Counter()
    for seed in tqdm(range(count), disable=not sys.stderr.isatty()):
        rng = np.random.default_rng(seed)
        net = network(seed, d=int(rng.integers(1, 21)), n=int(np.exp(rng.uniform(0, np.log(5000)))), scale=1.0)
        X = net.X * 10 ** rng.uniform(-3, 3)
        report = gradcheck.check_network(net.params, np.abs(X) if seed % 2 else X, net.y)
        verdicts[report.verdict] += 1
        a, low, high, slack = (seen[name] for name in ("a", "low", "high", "slack"))
        checked, wrong = ~np.isnan(low), a * (1 + 1e-4)
        found = np.abs(wrong - np.clip(wrong, low, high)) > slack
        resolved = 1e-4 * np.abs(a) > 2 * slack  # what rounding leaves visible at all
        coordinates += Counter(
            all=a.size,
            skipped=int((~checked).sum()),
            zero=int((a == 0).sum()),
            kink=int(seen["kinks"].sum()),
            planted=int((checked & (a != 0)).sum()),
            found=int((found & checked).sum()),
            resolvable=int((resolved & checked).sum()),
            resolvable_found=int((resolved & found & checked).sum()),
        )
    print(f"{count} right networks: {dict(verdicts)}")
    print("coordinates:", ", ".join(f"{name} {number:,}" for name, number in coordinates.items()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
