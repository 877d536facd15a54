"""`forward` and `backward` for any number of layers, any activation, and dropout masks.

params = (W1, b1, ..., WL, bL), as `he_init(rng, d, h1, h2, ..., k)` draws them. With two ReLU layers and no mask,
they agree with those of the core to rounding.
"""

import numpy as np

from twolayer.core import relu, relu_grad


def forward(X, params, activation=relu, activation_grad=relu_grad, masks=None):
    """Logits of a network of any depth, and the cache that `backward` needs.

    masks : a factor for each hidden layer (dropout), each None or of its shape (n, h). Raises ValueError if the
    shapes do not fit. Equations `deep-Z`, `deep-A`.
    """
    widths = [X.shape[-1], *(b.size for b in params[1::2])]
    fitting = [shape for d, h in zip(widths[:-1], widths[1:], strict=True) for shape in ((d, h), (h,))]
    if X.ndim != 2 or [p.shape for p in params] != fitting:
        raise ValueError(f"X {X.shape} and params {[p.shape for p in params]} do not fit (n, d), (d, h1), (h1,), ...")
    masks = [None] * (len(widths) - 2) if masks is None else masks
    if len(masks) != len(widths) - 2:
        raise ValueError(f"{len(masks)} masks for {len(widths) - 2} hidden layers")
    inputs, slopes = [X], []
    for W, b, mask in zip(params[:-2:2], params[1:-2:2], masks, strict=True):
        Z = inputs[-1] @ W + b  # (n, h_l)
        slope, A = activation_grad(Z), activation(Z)  # (n, h_l), in the order that NumPy's memory serves fastest
        slopes.append(slope if mask is None else slope * mask)  # dA / dZ
        inputs.append(A if mask is None else A * mask)
    Z = inputs[-1] @ params[-2] + params[-1]  # (n, k)
    return Z, (inputs, slopes)


def backward(dZ, cache, params):
    """Gradients (dW1, db1, ..., dWL, dbL) from dZ (n, k), the derivative of the loss with respect to the logits.

    Raises ValueError if the shapes do not fit. Equations `deep-dW`, `deep-db`, `deep-dZ`.
    """
    inputs, slopes = cache
    if dZ.shape != (len(inputs[0]), len(params[-1])) or len(params) != 2 * len(inputs):
        raise ValueError(f"dZ {dZ.shape} and {len(inputs)} cached layers do not fit params {[p.shape for p in params]}")
    grads = []
    for layer in reversed(range(len(inputs))):
        grads = [inputs[layer].T @ dZ, dZ.sum(axis=0), *grads]  # (h_{l-1}, h_l), (h_l,)
        if layer:  # np.dot is @, and for one column up to half as fast again
            dZ = np.dot(dZ, params[2 * layer].T) * slopes[layer - 1]  # (n, h_{l-1})
    return tuple(grads)
