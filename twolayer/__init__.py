"""A two-layer neural network in NumPy: every equation derived, coded and proven by a test."""

from importlib import import_module
from typing import TYPE_CHECKING

from twolayer.activations import (
    elu,
    elu_grad,
    gelu,
    gelu_grad,
    leaky_relu,
    leaky_relu_grad,
    silu,
    silu_grad,
    softplus,
    softplus_grad,
    tanh,
    tanh_grad,
)
from twolayer.augmentation import jitter, mixup, rotate
from twolayer.core import backward, bce, bce_grad, forward, he_init, relu, relu_grad, sigmoid, step
from twolayer.dropout import dropout_mask
from twolayer.gradcheck import check_gradients, check_network, numerical_gradient
from twolayer.minibatches import minibatches, over_blocks
from twolayer.optimizers import adam_init, adam_step, momentum_step, zeros_like
from twolayer.regularization import l2, l2_grad
from twolayer.sample_weights import mean_one, weighted_bce, weighted_bce_grad
from twolayer.schedules import cosine_decay, cyclical, exponential_decay, inverse_time_decay, step_decay
from twolayer.training import train

if TYPE_CHECKING:
    from twolayer.checker import check, watch
    from twolayer.estimator import TwoLayerNN
    from twolayer.plots import (
        BoundaryDisplay,
        GradientCheckDisplay,
        HiddenUnitsDisplay,
        LossCurveDisplay,
        animate_training,
        plot_decision_boundary,
        plot_loss_curve,
    )
    from twolayer.saving import load, save

__version__ = "0.1.0"

# These load scikit-learn or matplotlib, so they are imported on first use.
_ON_FIRST_USE = {
    "TwoLayerNN": "twolayer.estimator",
    "BoundaryDisplay": "twolayer.plots",
    "GradientCheckDisplay": "twolayer.plots",
    "HiddenUnitsDisplay": "twolayer.plots",
    "LossCurveDisplay": "twolayer.plots",
    "animate_training": "twolayer.plots",
    "check": "twolayer.checker",
    "watch": "twolayer.checker",
    "plot_decision_boundary": "twolayer.plots",
    "plot_loss_curve": "twolayer.plots",
    "load": "twolayer.saving",
    "save": "twolayer.saving",
}

__all__ = [
    "BoundaryDisplay",
    "GradientCheckDisplay",
    "HiddenUnitsDisplay",
    "LossCurveDisplay",
    "TwoLayerNN",
    "adam_init",
    "adam_step",
    "animate_training",
    "backward",
    "bce",
    "bce_grad",
    "check",
    "check_gradients",
    "check_network",
    "cosine_decay",
    "cyclical",
    "dropout_mask",
    "elu",
    "elu_grad",
    "exponential_decay",
    "forward",
    "gelu",
    "gelu_grad",
    "he_init",
    "inverse_time_decay",
    "jitter",
    "l2",
    "l2_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "load",
    "mean_one",
    "minibatches",
    "mixup",
    "momentum_step",
    "numerical_gradient",
    "over_blocks",
    "plot_decision_boundary",
    "plot_loss_curve",
    "relu",
    "relu_grad",
    "rotate",
    "save",
    "sigmoid",
    "silu",
    "silu_grad",
    "softplus",
    "softplus_grad",
    "step",
    "step_decay",
    "tanh",
    "tanh_grad",
    "train",
    "watch",
    "weighted_bce",
    "weighted_bce_grad",
    "zeros_like",
]


def __getattr__(name: str) -> object:
    if name in _ON_FIRST_USE:
        return getattr(import_module(_ON_FIRST_USE[name]), name)
    raise AttributeError(f"module 'twolayer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
