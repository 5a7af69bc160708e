"""What the server of the workers imports once, so that each of them is forked with it: the engine, without Mesa.

Nothing imported here is ever garbage, so it is not looked through for any, here or in a worker.
"""

import gc

gc.disable()

import model.engine.engine  # noqa: E402, F401

gc.freeze()
gc.enable()
