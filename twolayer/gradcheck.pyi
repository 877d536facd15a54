from collections.abc import Callable
from typing import Any, Literal

from twolayer.types import Array, Params

def numerical_gradient(f: Callable[[Params], Any], params: Params, h: float = ...) -> Params: ...

class Report:
    checked: int
    wrong: int
    kinks: int
    skipped: int
    worst: float
    where: str
    analytic: float
    numeric: float
    verdict: Literal["passed", "failed", "undecided"]
    ok: bool
    def __init__(
        self,
        checked: int,
        wrong: int,
        kinks: int,
        skipped: int,
        worst: float,
        where: str,
        analytic: float,
        numeric: float,
    ) -> None: ...

def unflatten(theta: Array, like: Params) -> Params: ...
def along(theta: Array, i: Any, steps: Any) -> Array: ...
def one_sided_slopes(
    f: Callable[[Array], tuple[Array, Array]], theta: Array, i: int, h: float
) -> tuple[Array, Array]: ...
def slope_bounds(
    f: Callable[[Array], tuple[Array, Array]], theta: Array, i: int, h: float, share: float = ...
) -> tuple[float, float, float, bool]: ...
def judge(a: Array, low: Array, high: Array, slack: Array, kinks: Array, where: list[str]) -> Report: ...
def compare(
    f: Callable[[Array], tuple[Array, Array]], params: Params, grads: Params, h: float, block: int = ...
) -> Report: ...
def check_gradients(
    f: Callable[[Params], Any],
    params: Params,
    grads: Params,
    h: float = ...,
    preactivations: Callable[[Params], Array] | None = ...,
) -> Report: ...
def check_network(params: Params, X: Array, y: Array, h: float = ...) -> Report: ...
