import numpy as np
from pens import circle, dots, matrix, path, svg, text

from twolayer import forward, he_init, train


def _layers(sizes, width=340, top=28, bottom=190):
    """Places of the nodes, layer by layer."""
    xs = np.linspace(34, width - 34, len(sizes))
    gap = 44
    middle = (top + bottom) / 2
    return [[(x, middle + (i - (n - 1) / 2) * gap) for i in range(n)] for x, n in zip(xs, sizes, strict=True)]


def network():
    """A two-layer network as nodes and edges.

    Two inputs on the left, three hidden units in the middle, one output on the right. Every input is joined to every
    hidden unit, every hidden unit to the output. Under each column stand the arrays with their shapes.

    Each edge is one weight, each circle adds up what reaches it. The edges between two columns are one matrix: as many
    rows as circles on the left, as many columns as circles on the right.
    """
    columns = _layers((2, 3, 1))
    parts = [path([a, b]) for i in (0, 1) for a in columns[i] for b in columns[i + 1]]
    for nodes, names in zip(columns, (["x₁", "x₂"], ["", "", ""], [""]), strict=True):
        for (x, y), name in zip(nodes, names, strict=True):
            parts += [circle(x, y, 15, "paper"), text(x, y + 4, name)]
    for x, y in columns[1]:  # the bend
        parts.append(path([(x - 8, y + 4), (x, y + 4), (x + 7, y - 6)], "thick"))
    x0, x1, x2 = (nodes[0][0] for nodes in columns)
    parts.append(text(x2, columns[2][0][1] + 4, "z"))
    for x, line1, line2, line3 in [
        (x0, "X", "(n, d)", ""),
        (x1, "Z1, A1", "(n, h)", "+ b1 (h,)"),
        (x2, "Z2", "(n, k)", "+ b2 (k,)"),
    ]:
        parts += [text(x, 196, line1, "strong"), text(x, 211, line2), text(x, 226, line3, "muted")]
    parts += [text((x0 + x1) / 2, 16, "W1 (d, h)", "strong"), text((x1 + x2) / 2, 16, "W2 (h, k)", "strong")]
    parts += [text(x0, 246, "d = 2", "muted"), text(x1, 246, "h = 3", "muted"), text(x2, 246, "k = 1", "muted")]
    return svg(340, 252, *parts)


def _rings():
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, 80)
    radius = np.where(np.arange(80) < 40, 2.1, 0.7) + rng.normal(0, 0.15, 80)
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)], (np.arange(80) >= 40).astype(float)[:, None]


def _plane(title, X, y, params, units=True):
    """Samples, the boundary, where the logit is 0, and the bend of each hidden unit, where its Z1 is 0."""
    from contourpy import contour_generator

    size, reach = 160, 2.7

    def place(x, y):
        return size / 2 + x / reach * 74, 22 + 74 - y / reach * 74

    grid = np.linspace(-reach, reach, 61)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    Z2, (_, Z1, _) = forward(plane, params)
    parts = [text(size / 2, 14, title)]
    if units:
        for unit in Z1.T:
            for line in contour_generator(grid, grid, unit.reshape(61, 61)).lines(0):
                parts.append(path([place(*p) for p in (line[0], line[-1])], "muted dashed"))
    for line in contour_generator(grid, grid, Z2.reshape(61, 61)).lines(0):
        parts.append(path([place(*p) for p in line[:: max(1, len(line) // 60)]] + [place(*line[-1])], "thick"))
    for label in (0, 1):
        parts.append(dots([place(*x) for x in X[y[:, 0] == label]], f"class{label}"))
    return svg(size, 176, *parts)


def bends():
    """What one, two and three hidden units can do.

    Three squares, each with a ring of samples of class 0 around a disc of class 1. With one hidden unit the boundary is
    a straight line, with two it is a strip, with three a closed polygon around the disc.

    The thick line is the boundary that training found, a dashed line the place where one hidden unit bends (`Z1` = 0).
    Between two dashed lines nothing bends, so the boundary is straight there: one unit gives a line, two a strip, three
    close around the class.
    """
    X, y = _rings()
    panels = []
    for h, seed in ((1, 7), (2, 3), (3, 5)):  # of eight starts each the one with the lowest loss
        params, _ = train(he_init(np.random.default_rng(seed), 2, h, 1), X, y, lr=0.5, epochs=1500)
        panels.append(_plane(f"{h} hidden unit{'s' * (h > 1)}", X, y, params))
    return panels


def broadcast():
    """How a bias is added to a batch.

    The four rows of X W1 with three columns, plus b1, a row of three numbers, which is copied to all four rows.

    `b1` has one number per column, that is, per hidden unit. NumPy copies its row to every sample (gray): no loop, and
    no copy of the numbers in memory.
    """
    XW1 = np.array([[1.0, 1, 0], [-1, 2, -3], [0, 1, 2], [2, -1, 1]])
    b1 = np.array([[0.0, 1, 1]])
    rows = np.repeat(b1, 4, axis=0)
    y = 62
    parts = [matrix(58, y, XW1, "", 24), text(110, y + 4, "+"), matrix(164, y, rows, "faint", 24)]
    parts += [matrix(164, y - 24, b1, "forward", 24), text(216, y + 4, "="), matrix(272, y, XW1 + b1, "", 24)]
    parts += [text(58, 16, "X W1"), text(164, 16, "b1", "forward"), text(272, 16, "Z1")]
    parts += [
        text(58, 116, "(n, h)", "muted"),
        text(164, 116, "(h,) → (n, h)", "muted"),
        text(272, 116, "(n, h)", "muted"),
    ]
    return svg(320, 124, *parts)
