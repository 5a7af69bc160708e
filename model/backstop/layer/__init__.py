"""The layers of a waterfall: what pays for a loss before others do, and the descent through them.

:mod:`model.backstop.layer.descent` is the order; each layer is a rule for kernels. :mod:`model.backstop.layer.base` is
the same order in Python, for what has rules in Python: a market of claims, recalls at once, calls that take time, and a
researcher's own structure or trigger. :mod:`model.backstop.waterfall` chooses.
"""
