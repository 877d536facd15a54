import numpy as np
from pens import path, svg, text

from twolayer import relu


def histograms():
    """The values Z of ten layers, for three scales of the weights.

    Three panels with a row of histograms each, for layers 1, 4, 7 and 10. With variance 1/fan-in they get narrower
    from layer to layer until all values are nearly 0. With 2/fan-in they keep their width. With 4/fan-in they get
    wider until they leave the picture.

    Twenty samples go through ten ReLU layers of 400 units; each row shows the `Z` of one layer, σ its standard
    deviation. Too small, and the signal vanishes; too large, and it explodes; with 2/fan-in the width stays.
    """
    panels = []
    edges = np.linspace(-5, 5, 41)
    for scale in (1, 2, 4):
        rng = np.random.default_rng(3)
        A = rng.normal(size=(20, 400))
        parts = [text(110, 14, f"variance {scale}/fan-in")]
        for layer in range(1, 11):
            Z = A @ rng.normal(0, np.sqrt(scale / 400), (400, 400))
            A = relu(Z)
            if layer not in (1, 4, 7, 10):
                continue
            base = 22 + 14 * (layer + 2)
            count, _ = np.histogram(Z, edges)
            count = np.minimum(count / Z.size * 280, 34)
            corners = [(60 + 150 * (e + 5) / 10, base - c) for c, a, b in zip(count, edges, edges[1:], strict=False)
                       for e in (a, b)]  # fmt: skip
            parts.append(path([(60, base), *corners, (210, base)], "forward filled", close=True))
            parts += [text(52, base - 1, f"layer {layer}", "muted", "end")]
            parts += [text(212, base - 12, f"σ {Z.std():.2g}", "muted", "end")]
        parts += [text(60 + 15 * (v + 5), 206, f"{v}".replace("-", "−"), "muted") for v in (-5, 0, 5)]
        panels.append(svg(220, 212, *parts))
    return panels
