"""A two-layer neural network in NumPy: every equation derived, coded and verified by a test."""

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
from twolayer.minibatches import minibatches
from twolayer.objective import Objective
from twolayer.optimizers import adam_init, adam_step, momentum_step, zeros_like
from twolayer.regularization import l2, l2_grad, l2_penalty
from twolayer.sample_weights import mean_one, weighted_bce, weighted_bce_grad
from twolayer.schedules import cosine_decay, cyclical, exponential_decay, inverse_time_decay, step_decay
from twolayer.softmax import cross_entropy, cross_entropy_grad, softmax
from twolayer.training import train

if TYPE_CHECKING:
    from twolayer.checker import check, watch
    from twolayer.estimator import TwoLayerNN
    from twolayer.plots import BoundaryDisplay, LossCurveDisplay, plot_decision_boundary, plot_loss_curve

__version__ = "0.1.0"

# On first use only, as they load scikit-learn or matplotlib; the other names of that kind are in plots.
_ON_FIRST_USE = {"TwoLayerNN": "estimator", "check": "checker", "watch": "checker"}

__all__ = ["backward", "bce", "bce_grad", "forward", "he_init", "relu", "relu_grad", "sigmoid", "step"]
__all__ += ["elu", "elu_grad", "gelu", "gelu_grad", "leaky_relu", "leaky_relu_grad"]
__all__ += ["silu", "silu_grad", "softplus", "softplus_grad", "tanh", "tanh_grad"]
__all__ += ["adam_init", "adam_step", "momentum_step", "zeros_like"]
__all__ += ["cosine_decay", "cyclical", "exponential_decay", "inverse_time_decay", "step_decay"]
__all__ += ["dropout_mask", "jitter", "l2", "l2_grad", "l2_penalty", "minibatches", "mixup", "rotate"]
__all__ += ["cross_entropy", "cross_entropy_grad", "mean_one", "softmax", "weighted_bce", "weighted_bce_grad"]
__all__ += ["check_gradients", "check_network", "numerical_gradient"]
__all__ += ["Objective", "TwoLayerNN", "check", "train", "watch"]
__all__ += ["BoundaryDisplay", "LossCurveDisplay", "plot_decision_boundary", "plot_loss_curve"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module(f"twolayer.{_ON_FIRST_USE.get(name, 'plots')}"), name)
    raise AttributeError(f"module 'twolayer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
