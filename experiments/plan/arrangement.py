"""An arrangement of a comparison: one structure with one loss regime, in a scenario of its own.

All arrangements of a comparison share everything but who holds the capital and who pays the residual.
``isolated`` appears twice, because a pool also wins merely by repairing funds of the wrong size: once with
funds in proportion to open interest and, as ``isolated_by_loss``, once with the same capital in proportion to
the loss each protocol expects. Expected losses are those the scenario gives; where it gives none they come from a
pilot of replications that the comparison does not use, and so do those that the scenario's own allotment needs. Where
that allotment is by expected shortfall, the second size of ``isolated`` follows it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from experiments.plan.identity import as_text, digest
from experiments.plan.plug_in import Reporter
from model.measure.series import USUAL, Choice

if TYPE_CHECKING:
    from model.price.tape import Tape
    from model.scenario import Scenario

BY_LOSS = "isolated_by_loss"
BY_SHORTFALL = "isolated_by_shortfall"
LOSS, SHORTFALL = "expected_loss", "expected_shortfall"


class Estimate(NamedTuple):
    """What the pilot estimates per protocol, (P,) USD >= 0 each; empty where there is no estimate."""

    expected_loss: tuple[float, ...] = ()
    expected_shortfall: tuple[float, ...] = ()


class Kept(NamedTuple):
    """What is kept of a run: a choice of series, and what reporters say."""

    series: Choice = (USUAL,)
    reporters: tuple[Reporter, ...] = ()

    def identity(self, scenario: str) -> str:
        """Return the identity of a scenario's runs, given that of the scenario: reporters make other runs of it."""
        return digest(scenario, as_text(self.reporters)) if self.reporters else scenario

    def described(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return the reporters as plain data, by name; nothing where there are none."""
        found = {one.name: {"function": one.path, "source": one.source} for one in self.reporters}
        return {"reporters": found} if found else {}


class Arrangement(NamedTuple):
    """One column of the comparison: its name, its two axes and the scenario that is run.

    `tape` draws the shocks of a replication where they are not to be its own (:mod:`experiments.study.rare`); `kept`
    says what is kept of a run.
    """

    name: str
    structure: str
    regime: str
    scenario: "Scenario"
    tape: "Callable[[int], Tape] | None" = None
    kept: Kept = Kept()


def arrangements(
    scenario: "Scenario",
    structures: Sequence[str],
    regimes: Sequence[str],
    estimate: Estimate,
    premiums: Sequence[str] = (),
) -> tuple[Arrangement, ...]:
    """Every structure under every regime and premium rule, in the order given.

    Parameters
    ----------
    scenario : what all arrangements share.
    structures, regimes, premiums : names, each once; without premium rules the scenario's.
    estimate : of the pilot; sizes the funds of ``isolated_by_loss``, and all funds where the scenario allots by an
        estimate it does not give. An estimate in the scenario takes precedence. Where no loss at all is expected, funds
        are sized by open interest.
    """
    arranged = []
    for regime in regimes:
        for name, structure, changes in _variants(scenario, structures, estimate):
            axes = {"backstop.structure": structure, "backstop.regime": regime}
            label = name if len(regimes) == 1 else f"{name}/{regime}"
            for rule in premiums or (scenario.reinsurance.premium,):
                whole = scenario.replace({**axes, **changes, "reinsurance.premium": rule})
                arranged.append(
                    Arrangement(label if len(premiums) < 2 else f"{label}/{rule}", structure, regime, whole)
                )
    return tuple(arranged)


def needs_pilot(scenario: "Scenario", structures: Sequence[str]) -> bool:
    """Return whether the allotment needs a pilot estimate that the scenario lacks."""
    lacks_second = not any(getattr(scenario.backstop, second_allotment(scenario)))
    return ("isolated" in structures and lacks_second) or _lacks_estimate(scenario)


def second_allotment(scenario: "Scenario") -> str:
    """Return the allotment rule of the second size of ``isolated``."""
    return SHORTFALL if scenario.backstop.allotment == SHORTFALL else LOSS


def _lacks_estimate(scenario: "Scenario") -> bool:
    allotment = scenario.backstop.allotment
    return allotment != "open_interest" and not any(getattr(scenario.backstop, allotment))


def _variants(
    scenario: "Scenario", structures: Sequence[str], estimate: Estimate
) -> Iterator[tuple[str, str, dict[str, object]]]:
    second = second_allotment(scenario)
    given: Sequence[float] = getattr(scenario.backstop, second)
    sized = _sized(second, given if any(given) else getattr(estimate, second))
    others = _sized(second, getattr(estimate, second)) if _lacks_estimate(scenario) else {}
    for structure in structures:
        if structure != "isolated":
            yield structure, structure, others
            continue
        yield structure, structure, _sized("open_interest", ())
        yield BY_SHORTFALL if second == SHORTFALL else BY_LOSS, structure, sized


def _sized(allotment: str, losses: Sequence[float]) -> dict[str, object]:
    """Return the changes that allot capital by `losses`, or by open interest where there are none."""
    if not any(losses):
        return {"backstop.allotment": "open_interest"}
    return {"backstop.allotment": allotment, f"backstop.{allotment}": tuple(losses)}
