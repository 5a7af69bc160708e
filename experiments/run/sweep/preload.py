"""What the server of local workers imports once, so that each of them, also one that replaces a dead one, has it."""

import experiments.run.preload
import experiments.run.sweep.chunk  # noqa: F401
