"""What the server of the workers imports once, so that each of them is forked with it: the model and the drawing."""

import fontTools.subset  # type: ignore[import-untyped]  # noqa: F401
import matplotlib.backends.backend_agg
import matplotlib.backends.backend_pdf  # noqa: F401

import model.ecosystem  # noqa: F401
