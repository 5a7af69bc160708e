"""Treaties: published expected layer losses, limits, stacks, and what the reinsured structure does with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.stats import expon, lognorm, lomax

from agents.reinsurer.treaty import (
    Programme,
    excess_of_loss,
    recoverable,
    reinstated,
)
from model.ecosystem import Ecosystem
from model.scenario.registry import STRUCTURES
from tests.support.world import crash, run, small

LAWS = {"lognormal(0,1)": lognorm(1.0), "lomax(3,2000)": lomax(3.0, scale=2000.0), "exp(1)": expon()}
losses = arrays(float, 4, elements=st.floats(0.0, 1e6))


def programme(**changes):
    """Return treaties for two members: a quota of 20 %, layers 5 xs 10 and 10 xs 20, a stop-loss of 7 xs 15."""
    treaties = Programme(
        0.2,
        np.array([[10.0] * 2, [20.0] * 2]),
        np.array([[5.0] * 2, [10.0] * 2]),
        np.zeros((2, 1)),
        np.full(2, 15.0),
        7.0,
    )
    return treaties._replace(**changes)


def test_published_expected_layer_losses(published):
    """The layer integrated over the law of the loss gives the published limited expected value."""
    for case in published["layers"]["cases"]:
        attachment, limit = case["attachment"], case["limit"]
        law = LAWS[case["dist"]]

        def paid(quantile, law=law, attachment=attachment, limit=limit):
            return float(excess_of_loss(law.ppf(quantile), attachment, limit))

        corners = [float(law.cdf(attachment)), float(law.cdf(attachment + limit))]
        parts = zip([0.0, *corners], [*corners, 1.0], strict=True)
        found = sum(quad(paid, low, high, epsabs=1e-9 * limit)[0] for low, high in parts)
        assert found == pytest.approx(case["expected"], rel=1e-6)


@given(losses, st.floats(0.0, 1.0), st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_treaties_pay_between_nothing_and_the_loss(loss, share, attachment, limit):
    """A layer pays at most its limit; two adjacent layers pay what one of both limits pays."""
    alone = Programme(share, np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 1)), np.zeros(1), 0.0)
    for paid in (recoverable(loss, alone), excess_of_loss(loss, attachment, limit)):
        assert (paid >= 0).all() and (paid <= loss).all()
    assert (excess_of_loss(loss, attachment, limit) <= limit).all()
    both = excess_of_loss(loss, attachment, limit) + excess_of_loss(loss, attachment + limit, limit)
    assert both == pytest.approx(excess_of_loss(loss, attachment, 2.0 * limit), rel=1e-9, abs=1e-6)


def test_treaties_by_hand():
    """Numbers anyone can check, arrays and single numbers."""
    assert excess_of_loss(np.array([3.0, 8.0, 20.0]), 5.0, 10.0).tolist() == [0.0, 3.0, 10.0]


def test_a_refilled_layer_is_paid_for_in_proportion():
    """A limit of 10 that is refilled once, and never: half of it used up is half a limit, and one is the most."""
    once, never = (
        Programme(0.0, np.zeros((1, 1)), np.full((1, 1), 10.0), np.full((1, 1), again), np.zeros(1), 0.0)
        for again in (1.0, 0.0)
    )
    used = np.array([0.0, 5.0, 10.0, 20.0])
    assert reinstated(used, once).tolist() == [0.0, 0.5, 1.0, 1.0]
    assert reinstated(used, never).tolist() == [0.0] * 4


def test_a_stack_by_hand():
    """Loss 50: quota 10; of the 40 left the layers pay 5 and 10; of the 25 left the stop-loss pays 7."""
    assert recoverable(np.array([50.0, 10.0]), programme()).tolist() == [32.0, 2.0]
    refilled = programme(reinstatements=np.array([[1.0], [0.0]]))
    assert recoverable(np.array([50.0, 10.0]), refilled).tolist() == [10 + 10 + 10 + 5.0, 2.0]
    assert reinstated(np.array([50.0, 10.0]), refilled).tolist() == [1.0, 0.0]


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=20))
def test_a_stack_never_pays_more_than_is_lost_nor_takes_back(amounts):
    """What is owed grows with the loss and by no more than the loss."""
    owed = recoverable(np.cumsum([0.0, *amounts])[:, np.newaxis].T.repeat(2, axis=0)[0], _single())
    steps = np.diff(owed)
    assert (steps >= -1e-9).all() and (steps <= np.array(amounts) + 1e-9).all()


def _single():
    """Return the stack of one member, whose columns broadcast over losses."""
    return programme(
        attachment=np.array([[10.0], [20.0]]), limit=np.array([[5.0], [10.0]]), stop_retention=np.array([15.0])
    )


def test_a_quota_of_all_is_partial_pooling_in_the_other_order():
    """Everything ceded without retention: the pool pays first and the own fund what it cannot.

    Over 20 worlds the pool pays more than where the own fund comes first, and the fund less. In a crash that outgrows
    both, the first, all they had is paid in either order, but for the fees that come in between.
    """
    quota = {"backstop__quota_share": 1.0, "backstop__limit": 0.0, "backstop__premium_rate": 0.0}
    base = {"backstop__capital_ratio": 1e-3, "backstop__premium_rate": 0.0}
    ceded, pooled = crash(backstop__structure="reinsured", **base | quota), crash(backstop__structure="partial", **base)
    reinsured, partial = ([run(scenario, r).summary() for r in range(20)] for scenario in (ceded, pooled))
    for name, sign in (("paid_pool", 1.0), ("paid_fund", -1.0)):
        more = [sign * (one[name] - other[name]) for one, other in zip(reinsured, partial, strict=True)]
        assert sum(more) > 1e4, name
    for name in ("paid_fund", "paid_pool", "uncovered", "haircut", "capital_end"):
        assert reinsured[0][name] == pytest.approx(partial[0][name], rel=1e-3), name
    assert reinsured[0]["deficit"] == pytest.approx(partial[0]["deficit"], rel=1e-9)
    assert reinsured[0]["uncovered"] > 0.0 and reinsured[0]["paid_fund"] > 0.0


def test_layers_may_be_given_as_numbers_or_tuples():
    """A plain number is one layer; of several, the last value of the shorter list is repeated."""
    one = Ecosystem(small(backstop__structure="reinsured", backstop__limit=0.5)).structure
    assert one.programme.limit.tolist() == [[0.5 * one.pool_capital[0]] * 3]
    two = Ecosystem(
        small(backstop__structure="reinsured", backstop__retention=(1.0, 2.0), backstop__limit=0.5)
    ).structure
    assert two.programme.attachment.tolist() == [(1.0 * two.own_capital).tolist(), (2.0 * two.own_capital).tolist()]
    assert two.programme.limit.shape == (2, 3)


def structure_of(terms, capital):
    """Return a reinsured structure on hand-made capital."""
    scenario = small(backstop__structure="reinsured", **terms)
    return STRUCTURES["reinsured"](scenario.backstop, np.array(capital))


def test_losses_add_up_over_steps_until_the_limit():
    """Own 50 each, pool 100: retention 50, limit 30. Losses of 40, 40, 40 recover 0, 30, 0."""
    structure = structure_of({"backstop__limit": 0.3}, [100.0, 100.0])
    paid = []
    for step in range(3):
        loss = np.array([40.0, 0.0])
        paid.append(structure.pay(loss, loss, np.array([100.0]), np.zeros(2), step)[1][0])
    assert paid == [0.0, 30.0, 0.0]
    assert structure.entitlement.sum() == pytest.approx(70.0)


def test_a_reinstated_limit_pays_again_and_is_charged_for():
    """With one reinstatement the same losses recover 0, 30, 30, and one limit's premium is owed."""
    structure = structure_of({"backstop__limit": 0.3, "backstop__reinstatements": 1}, [100.0, 100.0])
    loss = np.array([40.0, 0.0])
    paid = [structure.pay(loss, loss, np.array([100.0]), np.zeros(2), step)[1][0] for step in range(3)]
    assert paid == [0.0, 30.0, 30.0]
    assert structure.reinstated.tolist() == [1.0, 0.0]


def test_reinstatement_premiums_reach_the_pool():
    """What is owed leaves the fund as far as it reaches; the rest stays owed."""
    terms = {"backstop__structure": "reinsured", "backstop__reinstatements": 1, "backstop__premium_rate": 1e-4}
    ecosystem = Ecosystem(small(**terms))
    ecosystem.structure.reinstated[:] = [1.0, 0.0, 0.0]
    before = ecosystem.ledger.balance.copy()
    ecosystem.fund.manage(0)
    exchange = ecosystem.exchange[0]
    due = max(exchange.long_size, exchange.short_size) * exchange.mark * 1e-4
    moved = ecosystem.ledger.balance - before
    assert moved[4, 0] == pytest.approx(due) and moved[3, 0] == pytest.approx(-due)
    assert ecosystem.pool.premiums[0] == pytest.approx(due)
    assert ecosystem.structure.entitlement.sum() == pytest.approx(ecosystem.ledger.balance[4, 0])
