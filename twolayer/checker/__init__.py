"""Is mine right? Checks somebody's own network code and names the mistake: `twolayer check`, `twolayer.check`.

How the pieces go together, from a file to a report:

    engine      a file, a folder or a notebook in; a report out
    sandbox     starts the process in which their code runs, and ends it; the other side of it is `host`
    names       what names mean, as tables; `syntax` what the text says; `find` which function is which
    compose     makes a network where there are only layers, or closures
    starts      where the parameters are; `layout` their shapes; `values` how arrays are found in results
    reader      tries the ways to call their functions; `bindings` the arguments, `labels` the results,
                `two_runs` whole trainings; what fits is a `reading`: (X, y, params) -> output, loss, gradients
    examine     runs the checks: `outputs`, `gradients`, `steps`, `penalties`, `habits`, each on an `exam`
    model       the network in every common variant, and with the known mistakes of the forward pass and the loss
    diagnose    which known mistake predicts the gradients that they have; `places` in which line it is
    failures    what to say where nothing could be checked
    report      the findings, for a terminal, a notebook and a program; `cli`, `plugin` and `items` ask for it

Their code runs in `host` alone, which answers with numbers and imports nothing of this package. Everything else
judges those numbers.
"""

from twolayer.checker.engine import check, check_file, check_folder

__all__ = ["check", "check_file", "check_folder"]
