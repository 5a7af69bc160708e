"""What the server of the workers imports once, so that each of them is forked with it: the model.

Mesa comes first: it looks through the stack and all modules loaded so far, at a tenth of a second where both are deep.
Nothing imported here is ever garbage, so it is not looked through for any, here or in a worker.
"""

import gc

gc.disable()

import mesa  # noqa: E402, F401

import model.ecosystem  # noqa: E402, F401

gc.freeze()
gc.enable()
