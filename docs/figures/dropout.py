import numpy as np
from pens import circle, path, svg, text

from twolayer import dropout_mask


def _net(title, on):
    xs, sizes = (30, 110, 190), (2, len(on), 1)
    columns = [[(x, 100 + (i - (n - 1) / 2) * 34) for i in range(n)] for x, n in zip(xs, sizes, strict=True)]
    parts = [text(110, 12, title)]
    for i in (0, 1):
        for s, a in enumerate(columns[i]):
            for t, b in enumerate(columns[i + 1]):
                hidden = on[t if i == 0 else s]
                parts.append(path([a, b], "" if hidden else "faint dashed"))
    for i, nodes in enumerate(columns):
        for s, (x, y) in enumerate(nodes):
            off = i == 1 and not on[s]
            parts.append(circle(x, y, 11, "paper faint" if off else "paper"))
            if off:
                parts += [path([(x - 6, y - 6), (x + 6, y + 6)], "backward thick"),
                          path([(x - 6, y + 6), (x + 6, y - 6)], "backward thick")]  # fmt: skip
            elif i == 1 and not all(on):
                parts.append(text(x, y + 4, "×2", "forward"))
    return svg(220, 190, *parts)


def thinned():
    """A network without and with dropout.

    Left, two inputs, five hidden units, one output, all joined. Middle and right, the same network for two samples of
    a batch: some hidden units are crossed out, other ones for each sample, and the edges to and from them are gone;
    those that are left count twice.

    With `keep` = ½ about half of the hidden units are off, others for each sample and in each step; those that stay
    count 1/keep = 2 times. When predicting, all are on.
    """
    mask = dropout_mask(np.random.default_rng(1), (2, 5), 0.5)
    return [_net("predicting", [True] * 5), *(_net(f"training, sample {i + 1}", m > 0) for i, m in enumerate(mask))]
