"""From the parameters of a scenario to the loss regime that collects its residuals."""

from agents.core.books import Venue
from model.backstop.loss_regime.base import Terms
from model.backstop.loss_regime.chain import Chain
from model.scenario import Scenario
from model.scenario.registry import REGIMES


def make_loss_regime(scenario: Scenario, key: int, venue: Venue) -> Chain:
    """Return the scenario's loss regime and its fallback, begun; `key` names the draws of a random ranking."""
    loss, reaction = scenario.loss, scenario.trader.haircut_reaction
    window = max(round(loss.window / scenario.minutes), 1)
    terms = Terms(loss.ranking, loss.close_price, window, loss.tear_up, section=loss)
    names = (scenario.backstop.regime, loss.fallback)
    chain = Chain(*(REGIMES[name](terms, reaction, key) for name in names))
    chain.begin(venue)
    return chain
