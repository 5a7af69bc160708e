"""From the parameters of a scenario to the loss regime that places its residuals."""

from agents.loss_regime import REGIMES
from agents.loss_regime.base import Terms
from agents.loss_regime.chain import Chain
from agents.venue import Venue
from model.scenario import Scenario


def make_loss_regime(scenario: Scenario, key: int, venue: Venue) -> Chain:
    """Return the scenario's loss regime and its fallback, begun; `key` names the draws of a random ranking."""
    loss, reaction = scenario.loss, scenario.trader.haircut_reaction
    terms = Terms(loss.ranking, loss.close_price, max(round(loss.window / scenario.minutes), 1), loss.tear_up)
    names = (scenario.backstop.regime, loss.fallback)
    chain = Chain(*(REGIMES[name](terms, reaction, key) for name in names))
    chain.begin(venue)
    return chain
