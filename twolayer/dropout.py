"""Inverted dropout: a random factor on the hidden layer while training, none when predicting."""


def dropout_mask(rng, shape, keep):
    """Each entry 1/keep with probability keep, else 0, so that its mean is 1; float64.

    Pass it to `depth.forward` in masks, of the hidden layer's shape (n, h). Raises ValueError unless
    0 < keep <= 1. Equation `dropout-mask`; Srivastava et al. (2014), sec. 10, in its inverted form.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep must be above 0 and at most 1, got {keep}")
    return (rng.random(shape) < keep) / keep
