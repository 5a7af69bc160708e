"""Choices: learning, moral hazard under flat and risk-based premiums, adverse selection, refusal."""

import numpy as np
import pytest

from agents.core.ledger import FUND, POOL_LENT
from agents.core.ledger import POOL as SHARED_POOL
from agents.protocol.learning import Learner, choose
from model.ecosystem import Ecosystem
from model.price.streams import Streams
from model.reinsurance.premium.base import Exposure
from model.scenario import Scenario
from model.scenario.registry import PREMIUMS
from model.scenario.section.reinsurance import ReinsuranceSection
from tests.model.whole.test_conservation import assert_books_close
from tests.support.world import STRUCTURES, crash, run, small

CAPS = np.array([0.5, 1.0, 1.5, 2.0])
POOL = {"backstop__structure": "pooled", "reinsurance__charge_all": True}
EVERYTHING = {
    "reinsurance__premium": "risk_based",
    "reinsurance__charge_all": True,
    "reinsurance__cycle": 5.0,
    "reinsurance__assessment_delay": 3.0,
    "reinsurance__dispute_probability": 0.5,
    "reinsurance__dispute_delay": 4.0,
    "reinsurance__providers": 4,
    "reinsurance__provider_share": 0.2,
    "reinsurance__joining": 0.05,
    "reinsurance__lock_up": 5.0,
    "reinsurance__exit_rate": 0.1,
    "reinsurance__retrocession_share": 0.2,
    "reinsurance__retrocession_attachment": 0.1,
    "choice__leverage": True,
    "choice__membership": True,
    "choice__epoch": 5.0,
    "choice__retentions": (0.0, 0.5),
    "choice__return_wait": 5.0,
    "fund__lent_share": 0.3,
    "fund__recall_delay": 2.0,
    "backstop__capital_ratio": 1e-3,
}


def test_choice_is_logit():
    """Options worth 0 and 1 at sensitivity 1 are chosen as exp(0) to exp(1)."""
    drawn = np.linspace(0.0005, 0.9995, 1000)
    second = choose(np.tile([0.0, 1.0], (1000, 1)), 1.0, drawn)
    assert second.mean() == pytest.approx(np.e / (1.0 + np.e), abs=1e-3)


def test_learning_by_hand():
    """The first payoff is expected everywhere; a later one moves the chosen option by its weight."""
    learner = Learner(1, 2, 0.5, 1.0)
    learner.learn(np.array([4.0]))
    learner.option[:] = 1
    learner.learn(np.array([0.0]))
    assert learner.attraction.tolist() == [[4.0, 2.0]]


def drift(premium, seed):
    """Return the mean cap after 150 epochs of 30 members: fees grow with leverage, losses, pooled, with its square.

    A member earns 2 m; the pool pays its losses of m² a year; the premium is the model's rule at a rate of 1.
    """
    terms = ReinsuranceSection(leverage_power=2.0, crowding_loading=0.0, health_loading=0.0)
    rule, learner, ones = PREMIUMS[premium](terms, 1.0), Learner(30, len(CAPS), 0.3, 8.0), np.ones(30)
    for epoch in range(150):
        cap = CAPS[learner.choose(Streams(seed, 0).uniform("choice", epoch, size=30))]
        zero = np.zeros(30)
        seen = Exposure(ones, ones, ones, zero, cap, zero, ones, zero.astype(int), ones.astype(bool), 1.0)
        learner.learn(2.0 * cap - rule.yearly(seen))
    return CAPS[learner.option].mean()


def test_risk_drifts_up_under_flat_premiums_and_need_not_under_risk_based_ones():
    """In every one of 10 seeds members end near the highest cap under a flat premium.

    Under the risk-based one they end near 1, where 2 m − m² is greatest. If caps were chosen blindly both means would
    be 1.25 with a standard error of 0.1, and one seed would pass the first bound with probability below 1e-4.
    """
    for seed in range(10):
        assert drift("flat", seed) > 1.65
        assert 0.75 < drift("risk_based", seed) < 1.25 - 0.02


DRIFT = {
    "trader.number": 60,
    "steps": 900,
    "protocol.number": 6,
    "provider.number": 3,
    "price.process": "jump_diffusion",
    "backstop.structure": "pooled",
    "backstop.capital_ratio": 0.05,
    "trader.attention": 0.02,
    "reinsurance.charge_all": True,
    "reinsurance.leverage_power": 2.0,
    "choice.leverage": True,
    "choice.epoch": 30.0,
    "choice.caps": (0.5, 1.0, 2.0),
}


def late_cap(premium, rate, replication):
    """Return the mean leverage cap over the second half of a whole run."""
    changes = {"reinsurance.premium": premium, "backstop.premium_rate": rate}
    return run(Scenario().replace(DRIFT | changes), replication).series()["mean_cap"][450:].mean()


@pytest.mark.compiled
def test_the_whole_model_shows_moral_hazard():
    """Caps chosen under a flat premium exceed those under a risk-based one of similar income, in paired runs.

    16 pairs, one-sided t at 1 %: if the rule made no difference one seed in a hundred would pass.
    """
    pairs = [late_cap("flat", 0.1, r) - late_cap("risk_based", 0.2, r) for r in range(16)]
    assert np.mean(pairs) / (np.std(pairs, ddof=1) / np.sqrt(16)) > 2.602


def test_a_cap_is_what_the_engine_and_the_traders_feel():
    """Half the margins, twice the appetite, and back again."""
    ecosystem = Ecosystem(small(choice__leverage=True))
    margin, appetite = np.array(ecosystem.exchange.initial_margin), np.array(ecosystem.accounts.leverage)
    ecosystem.reinsurance.choice.set_caps(np.full(3, 2.0))
    assert ecosystem.exchange.initial_margin == pytest.approx(margin / 2.0)
    assert ecosystem.control.start.margin == pytest.approx(margin / 2.0)
    assert ecosystem.accounts.leverage == pytest.approx(2.0 * appetite)
    ecosystem.reinsurance.choice.set_caps(np.ones(3))
    assert ecosystem.exchange.initial_margin == pytest.approx(margin)
    assert ecosystem.accounts.leverage == pytest.approx(appetite)


def test_choices_are_replayed_by_seed():
    one, other = (run(small(choice__leverage=True, choice__epoch=5.0, **POOL)) for _ in range(2))
    assert np.array_equal(one.series()["mean_cap"], other.series()["mean_cap"])
    assert len(set(one.series()["mean_cap"])) > 1


def selection(**changes):
    return small(choice__membership=True, choice__epoch=5.0, **POOL, **changes)


def test_members_leave_a_pool_that_costs_more_than_it_returns():
    """Ten times what claims are expected to cost drives everybody out; a tenth keeps everybody in."""
    dear = run(selection(backstop__premium_rate=0.02, reinsurance__loss_cost=0.002))
    fair = run(selection(backstop__premium_rate=0.0002, reinsurance__loss_cost=0.002))
    assert dear.summary()["members_end"] == 0
    assert fair.summary()["members_end"] == 3


def test_good_risks_leave_first():
    """At an average price those with few expected claims go and the bad risk stays: adverse selection."""
    losses = {"backstop__expected_loss": (10.0, 10.0, 1e6), "backstop__premium_rate": 0.5}
    assert run(selection(**losses)).structure.member.tolist() == [False, False, True]


def test_a_leaver_takes_its_entitlement_home():
    """Its fund has what it had put in, the pool has what the others put in, income apart."""
    losses = {"backstop__expected_loss": (10.0, 1e6, 1e6), "backstop__premium_rate": 0.5}
    ecosystem = run(
        selection(exchange__fee_to_fund=0.0, exchange__liquidation_fee=0.0, exchange__keeper_share=0.0, **losses)
    )
    assert ecosystem.structure.entitlement[0] == 0.0
    held = ecosystem.ledger.balance[FUND]
    assert held[0] == pytest.approx(ecosystem.structure.capital[0], rel=1e-2)
    assert held[1] == 0.0
    assert_books_close(ecosystem)


def test_the_pool_expels_whom_it_finds_too_dear():
    """Anyone who claimed more than its premiums is expelled; with no limit nobody is."""
    expelled = run(crash(choice__membership=True, choice__epoch=5.0, choice__refusal_ratio=1.0, **POOL))
    claimed = expelled.reinsurance.handler.claims > 0
    assert claimed.any()
    assert not expelled.structure.member[claimed].any()


@pytest.mark.parametrize("claims", ["indemnity", "parametric"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_market_option_at_once_conserves(structure, claims):
    ecosystem = run(crash(backstop__structure=structure, reinsurance__claims=claims, **EVERYTHING))
    assert ecosystem.summary()["deficit"] > 0
    assert_books_close(ecosystem)
    pots, owners = ecosystem.structure.pots, ecosystem.structure
    held = ecosystem.ledger.balance[[SHARED_POOL, POOL_LENT]][:, :pots].sum(axis=0)
    assert owners.by_pool(owners.entitlement) + owners.outside == pytest.approx(held, rel=1e-9, abs=1e-3)
