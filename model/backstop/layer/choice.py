"""From structure, trigger and settlement rule to what the compiled layers work on, and whether they can.

They can where every rule is one of the model's own. A structure that overrides any of ``RULES``, a trigger or a
settlement rule of a researcher's own, a market of claims, recalls at once and calls that take time are Python's
(:mod:`model.backstop.layer.base`).
"""

from contextlib import nullcontext

import numpy as np

from model.backstop.layer.base import Layers
from model.backstop.layer.claim import SUBLIMITS, TREATIES, UNLIMITED
from model.backstop.layer.spare import DRAWDOWN, EXHAUSTED, WHOLE
from model.backstop.layer.table import LayerTables, LayerTerms, no_draws, no_peaks, no_treaties
from model.backstop.pool import (
    ENTITLEMENT_FIRST,
    FIRST_COME,
    PRO_RATA,
    entitlement_first,
    first_come,
    members_by_pool,
    pro_rata,
)
from model.backstop.structure.base import Structure
from model.backstop.structure.capped import Capped
from model.backstop.structure.reinsured import Reinsured
from model.backstop.trigger.base import Trigger
from model.backstop.trigger.drawdown import Drawdown
from model.backstop.trigger.exhausted import Exhausted
from model.backstop.trigger.whole import Whole

KNOWN = {Structure: UNLIMITED, Capped: SUBLIMITS, Reinsured: TREATIES}
TRIGGERS = {Exhausted: EXHAUSTED, Drawdown: DRAWDOWN, Whole: WHOLE}
SETTLEMENTS = {pro_rata: PRO_RATA, first_come: FIRST_COME, entitlement_first: ENTITLEMENT_FIRST}
RULES = ("assessable", "at_hand", "begin", "by_pool", "claimable", "due", "pay", "reserve", "settle", "settled")
"""What the layers ask of a structure."""


def treaty_of(structure: Structure) -> int | None:
    """Return which rule of kernels cuts the claims of a structure; None where it has rules of its own."""
    own = vars(structure).keys() & set(RULES)
    same = (
        code
        for kind, code in KNOWN.items()
        if all(getattr(type(structure), rule) is getattr(kind, rule) for rule in RULES)
    )
    return None if own else next(same, None)


def layer_terms(layers: Layers, trigger: Trigger) -> LayerTerms:
    """Return the constants of the layers, as they stand when the run is set up."""
    structure = layers.structure
    treaty, chosen = treaty_of(structure), TRIGGERS.get(type(trigger))
    settlement = SETTLEMENTS.get(structure.settlement)
    window = structure.window if isinstance(structure, Capped) else 0.0
    alone = layers.handler is structure and layers.calls is None and isinstance(structure.at_once, nullcontext)
    compiled = alone and None not in (treaty, chosen, settlement)
    return LayerTerms(
        compiled=compiled,
        always=compiled and (chosen == DRAWDOWN or window > 0.0),
        entry=np.zeros(2, np.int64),
        treaty=treaty or UNLIMITED,
        trigger=chosen or EXHAUSTED,
        settlement=settlement or PRO_RATA,
        shares=bool(structure.shares),
        mutual=bool(structure.mutual),
        gross=bool(structure.gross),
        reserves=bool(structure.reserves),
        vault_covered=structure.terms.vault_cover != "none",
        drop=float(trigger.terms.trigger_drop),
        window=float(window),
    )


def layer_tables(layers: Layers, trigger: Trigger) -> LayerTables:
    """Return the state of structure, trigger and treaties: the same memory."""
    structure, members = layers.structure, len(layers.structure.capital)
    capped = structure if isinstance(structure, Capped) else None
    reinsured = structure if isinstance(structure, Reinsured) else None
    return LayerTables(
        pool_of=structure.pool_of,
        members=members_by_pool(structure.pool_of),
        on_call=structure.on_call,
        **{name: value for name, value in structure.stakes._asdict().items() if name != "member"},
        **layers.memory._asdict(),
        division=layers.division,
        limit=capped.limit if capped else np.zeros(0),
        drawn=capped.drawn if capped else np.zeros(0),
        draws=capped.draws if capped else no_draws(),
        programme=reinsured.programme if reinsured else no_treaties(members),
        reinstated=reinsured.reinstated if reinsured else np.zeros(0),
        peaks=trigger.memory if isinstance(trigger, Drawdown) else no_peaks(),
    )
