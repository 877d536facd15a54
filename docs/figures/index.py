import numpy as np
from contourpy import contour_generator
from pens import dots, path, svg, text
from sklearn.datasets import make_circles

from twolayer import forward, he_init, train


def learns():
    """What the network learns on two rings of samples.

    Three squares with the same samples, class 1 in a disc and class 0 in a ring around it. Before training the
    boundary is a wedge that has nothing to do with the classes. After 20 steps it has begun to surround the disc,
    after 200 it runs between the two classes all the way round.

    A hidden layer of 16 units learns to tell the inner ring from the outer one. The line is where the network says 50
    %: before training, after 20 steps, after 200.
    """
    X, y = make_circles(160, noise=0.09, factor=0.5, random_state=0)
    params, y = he_init(np.random.default_rng(3), 2, 16, 1), y[:, None].astype(float)
    grid = np.linspace(-1.4, 1.4, 57)
    plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)

    def place(x):
        return 80 + x[0] / 1.4 * 74, 96 - x[1] / 1.4 * 74

    panels = []
    for title, epochs in (("before", 0), ("20 steps", 20), ("200 steps", 180)):
        if epochs:
            params, _ = train(params, X, y, lr=0.5, epochs=epochs)
        Z2 = forward(plane, params)[0].reshape(57, 57)
        right = np.mean((forward(X, params)[0] > 0) == y)
        parts = [text(80, 14, f"{title}: {right:.0%} right")]
        parts += [dots([place(x) for x in X[y[:, 0] == label]], f"class{label}") for label in (0, 1)]
        parts += [path([place(x) for x in line[::2]] + [place(line[-1])], "thick")
                  for line in contour_generator(grid, grid, Z2).lines(0) if len(line) > 2]  # fmt: skip
        panels.append(svg(160, 176, *parts))
    return panels
