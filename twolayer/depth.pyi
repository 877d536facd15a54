from collections.abc import Sequence

from twolayer.types import Array, Elementwise, Params

def forward(
    X: Array,
    params: Params,
    activation: Elementwise = ...,
    activation_grad: Elementwise = ...,
    masks: Sequence[Array | None] | None = ...,
) -> tuple[Array, tuple[list[Array], list[Array]]]: ...
def backward(dZ: Array, cache: tuple[list[Array], list[Array]], params: Params) -> Params: ...
