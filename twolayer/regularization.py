"""L2 regularization: the objective is the mean loss plus lam/2 times the sum of squared weights.

Not divided by the number of samples; biases are free. Add `l2_penalty` to the loss and `l2_grad` to the gradients.
"""

import numpy as np


def l2_penalty(params, lam):
    """lam/2 · Σ ‖W‖² over the weights of params = (W1, b1, W2, b2, ...); a float. Equation `l2`."""
    return 0.5 * lam * float(sum(np.sum(W * W) for W in params[::2]))


def l2_grad(params, lam):
    """Gradient of `l2_penalty`: lam · W for each weight, zeros for each bias. Equation `l2-grad`."""
    return tuple(lam * p if i % 2 == 0 else np.zeros_like(p) for i, p in enumerate(params))


l2 = l2_penalty  # its first name
