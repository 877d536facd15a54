"""The gradient check of a 2-64-1 network on 64 samples, against PyTorch's (slow mode) on the same function.

    python tests/benchmarks/gradcheck.py

Runs are interleaved; the table shows medians, the middle half of the runs, and the ratio to PyTorch. Needs PyTorch.
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from time import process_time

import numpy as np
import torch

from twolayer import bce, check_network, forward, he_init, numerical_gradient

RUNS = 21


def main():
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    params, X, y = he_init(rng, 2, 64, 1), rng.normal(size=(64, 2)), (rng.random((64, 1)) < 0.5).astype(float)
    tensors = [torch.tensor(p, requires_grad=True) for p in params]
    Xt, yt = torch.tensor(X), torch.tensor(y)

    def network(W1, b1, W2, b2):
        return torch.nn.functional.binary_cross_entropy_with_logits(torch.relu(Xt @ W1 + b1) @ W2 + b2, yt)

    works = {
        "torch.autograd.gradcheck, slow mode": lambda: torch.autograd.gradcheck(network, tensors, fast_mode=False),
        "check_network": lambda: check_network(params, X, y),
        "numerical_gradient, one by one": lambda: numerical_gradient(lambda p: bce(forward(X, p)[0], y), params),
    }
    seconds = {name: [] for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            start = process_time()
            assert work() is not False
            seconds[name].append(process_time() - start)
    reference = np.median(seconds["torch.autograd.gradcheck, slow mode"])
    print(f"{'':<38} {'median':>9} {'middle half':>18} {'times as fast':>14}")
    for name, measured in seconds.items():
        low, median, high = 1e3 * np.percentile(measured, [25, 50, 75])
        print(f"{name:<38} {median:>6.1f} ms {low:>8.1f} - {high:>4.1f} ms {1e3 * reference / median:>14.1f}")


if __name__ == "__main__":
    main()
