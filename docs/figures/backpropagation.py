import numpy as np
from pens import arrow, box, circle, matrix, number, path, svg, text

from twolayer import backward, bce, bce_grad, forward, relu_grad

X = np.array([[1.0, 2.0], [-1.0, 1.0]])
y = np.array([[1.0], [0.0]])
params = (
    np.array([[1.0, -1.0, 2.0], [0.0, 1.0, -1.0]]),
    np.array([0.0, 1.0, 1.0]),
    np.array([[1.0], [-1.0], [-2.0]]),
    np.array([3.0]),
)


def _edge(x, y, name, value, grad, cell=25):
    """A value above an edge, its gradient below."""
    below = "" if grad is None else matrix(x, y + 24, grad, "backward", cell)
    return text(x, y - 46, name, "strong") + matrix(x, y - 24, value, "forward", cell) + below


def _values(X, y, params):
    """Every array of one forward and one backward pass, by its name, in the order of the computation."""
    _, _, W2, _ = params
    Z2, (X, Z1, A1) = forward(X, params)
    dZ2 = bce_grad(Z2, y)
    dW1, db1, dW2, db2 = backward(dZ2, (X, Z1, A1), params)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * relu_grad(Z1)
    forwards = {"Z1": Z1, "A1": A1, "Z2": Z2, "L": np.array([[bce(Z2, y)]])}
    return forwards | {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}


def circuit(X=X, y=y, params=params, lines=11):
    """The network of the example as a circuit, with the numbers of one forward and one backward pass.

    Two parts, one for each layer. Above each edge stands the value that flows forward, below it the gradient that
    flows back. X goes through times W1 plus b1 to Z1, through ReLU to A1, through times W2 plus b2 to Z2, and into
    the loss. The gradients are minus and plus one quarter at Z2, and are multiplied and added on the way back to W1
    and b1.

    Green: values, computed from left to right. Red: gradients, from right to left, each of the shape of what stands
    above it. Where a green number of `Z1` is negative, the red number below it is 0: ReLU lets nothing back there.
    The numbers are worked out in [By hand](#by-hand).
    """
    W1, b1, W2, b2 = params
    values = _values(X, y, params)
    for name in list(values)[lines:]:  # not computed yet
        values[name] = np.full_like(values[name], np.nan)
    Z1, A1, Z2, loss, dZ2, dW2, db2, dA1, dZ1, dW1, db1 = values.values()
    m = 190

    first = [text(86, 14, "W1", "strong"), matrix(86, 38, W1, "forward", 25), matrix(86, 76, dW1, "backward", 25)]
    first += [text(176, 14, "b1", "strong"), matrix(176, 30, b1[None], "forward", 25)]
    first += [matrix(176, 52, db1[None], "backward", 25), arrow(86, 98, 94, m - 14), arrow(176, 66, 112, m - 14)]
    first += [_edge(28, m, "X", X, None), arrow(55, m, 74, m), box(100, m, 50, 24, "XW+b")]
    first += [arrow(126, m, 146, m), _edge(186, m, "Z1", Z1, dZ1), arrow(226, m, 242, m), box(263, m, 40, 24, "relu")]
    first += [arrow(284, m, 302, m), _edge(342, m, "A1", A1, dA1)]

    second = [text(96, 14, "W2", "strong"), matrix(82, 46, W2, "forward", 25), matrix(112, 46, dW2, "backward", 25)]
    second += [text(180, 14, "b2", "strong"), matrix(166, 30, b2[None], "forward", 25)]
    second += [matrix(196, 30, db2[None], "backward", 25), arrow(96, 78, 112, m - 14), arrow(176, 46, 136, m - 14)]
    second += [_edge(40, m, "A1", A1, dA1), arrow(80, m, 97, m), box(124, m, 52, 24, "AW+b")]
    second += [arrow(152, m, 182, m), _edge(208, m, "Z2", Z2, dZ2), arrow(232, m, 252, m), box(280, m, 52, 24, "loss")]
    labels = ", ".join(map(number, y.ravel()))
    second += [text(280, m - 50, "y", "strong"), text(280, m - 34, labels), arrow(280, m - 29, 280, m - 14)]
    second += [arrow(308, m, 330, m), text(352, m - 8, number(round(loss.item(), 2)), "forward")]
    second += [text(352, m + 18, "1", "backward")]
    return [svg(384, 238, *first), svg(384, 238, *second)]


def paths():
    """The paths from one weight to the loss.

    A network with two inputs, three hidden units and two outputs. The edge from the first input to the first hidden
    unit is lit: this is one weight of W1. From that hidden unit two lit edges lead on, one to each output, and from
    there to the loss.

    How can the weight marked here change the loss? Only through its own hidden unit, and from there through *every*
    output. Multiply the slopes along each lit path, and add the two paths.
    """
    columns = [[(30, 62), (30, 122)], [(125, 32), (125, 92), (125, 152)], [(220, 62), (220, 122)], [(310, 92)]]
    lit = {(0, 0, 0), (1, 0, 0), (1, 0, 1), (2, 0, 0), (2, 1, 0)}
    parts = []
    for layer in range(3):
        for i, a in enumerate(columns[layer]):
            for j, b in enumerate(columns[layer + 1]):
                parts.append(path([a, b], "backward thick" if (layer, i, j) in lit else "faint"))
    names = [["x₁", "x₂"], ["q", "", ""], ["1", "2"], ["L"]]
    for nodes, labels in zip(columns, names, strict=True):
        for (x, y), name in zip(nodes, labels, strict=True):
            parts += [circle(x, y, 14, "paper"), text(x, y + 4, name)]
    parts += [
        text(70, 36, "W1[1, q]", "backward"),
        text(182, 32, "W2[q, 1]", "backward"),
        text(199, 91, "W2[q, 2]", "backward", "start"),
    ]
    parts += [text(30, 190, "X"), text(125, 190, "Z1, A1"), text(220, 190, "Z2"), text(310, 190, "loss")]
    return svg(340, 198, *parts)


def _product(parts, x, y, left, right, names, unit=15):
    """Two boxes and their product: rows and columns to scale, the inner side marked."""
    (rows, inner), (_, columns) = left, right
    sizes = {"n": 5, "h": 3, "k": 2, "d": 2}
    place = x
    for (a, b), name, style in zip((left, right, (rows, columns)), names, ("", "", "forward"), strict=True):
        w, h = sizes[b] * unit, sizes[a] * unit
        parts.append(box(place + w / 2, y, w, h, "", style or "muted"))
        parts.append(text(place + w / 2, y + 4, name, style))
        parts.append(text(place - 4, y + 4, a, "backward" if (a == inner and name == names[1]) else "muted", "end"))
        parts.append(
            text(place + w / 2, y - h / 2 - 5, b, "backward" if (b == inner and name == names[0]) else "muted")
        )
        place += w + (34 if name == names[1] else 22)
        if name == names[1]:
            parts.append(text(place - 20, y + 4, "="))
    return place


def boxes():
    """Two of the six products, as boxes whose sides are to scale.

    Left: A1 transposed, h rows and n columns, times dZ2, n rows and k columns, gives dW2, h rows and k columns.
    Right: dZ2, n rows and k columns, times W2 transposed, k rows and h columns, gives dA1, n rows and h columns.

    The red sides meet inside and vanish; the outer sides remain. For `dW2` the samples `n` meet, so the sum runs over
    samples. For `dA1` the outputs `k` meet, so the sum runs over outputs.
    """
    left, right = [], []
    _product(left, 22, 60, ("h", "n"), ("n", "k"), ("A1ᵀ", "dZ2", "dW2"))
    _product(right, 22, 60, ("n", "k"), ("k", "h"), ("dZ2", "W2ᵀ", "dA1"))
    return [svg(256, 104, *left), svg(256, 104, *right)]
