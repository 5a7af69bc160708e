"""Claims: assessed late, disputed, or parametric; never paid twice; the second pool."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.ledger import BAD_DEBT, FUND, OUTSIDE, POOL, RETROCESSION, TREASURY, WHOLE
from model.backstop.context import Context
from model.backstop.late_money import LateMoney
from model.reinsurance.retrocession import Retrocession, found
from model.scenario import Scenario
from model.scenario.check.inert import WITHOUT_POOL
from model.scenario.registry import CLAIMS, STRUCTURES
from model.scenario.section.reinsurance import ReinsuranceSection
from tests.model.whole.test_conservation import assert_books_close
from tests.support.bench import Bench
from tests.support.world import crash, run

LATE = {
    "reinsurance__assessment_delay": 4.0,
    "reinsurance__dispute_probability": 0.5,
    "reinsurance__dispute_delay": 3.0,
    "backstop__capital_ratio": 1e-3,
}
WITH_POOL = tuple(name for name in STRUCTURES if name not in WITHOUT_POOL)


def handler_of(bench, claims="indemnity", second=(np.inf, 0.0), **terms):
    """Put a claims handler into a bench and return it; `second` is attachment and limit of the second pool."""
    layer = [np.full(bench.structure.pots, amount) for amount in second]
    tape = SimpleNamespace(log_return=np.zeros(99), priority=np.full((99, len(bench.structure.capital)), 0.5))
    context = Context(
        scenario=Scenario(reinsurance=ReinsuranceSection(**terms)),
        tape=lambda: tape,
        horizon=99,
        ledger=bench.ledger,
        structure=bench.structure,
        late=LateMoney(bench.ledger, bench.protocol),
        exchange=bench.venue.exchange,
        market=None,
        protocol=bench.protocol,
        pool=bench.pool,
    )
    handler = CLAIMS[claims](context, Retrocession(bench.ledger, *layer), np.uint64(9))
    bench.waterfall.handler = handler
    return handler


def test_an_assessed_claim_is_paid_once_and_late():
    """A loss of 30 is uncovered at once; two steps later the pool pays it: the bad debt, once."""
    bench = Bench("pooled", [50.0, 50.0])
    handler = handler_of(bench, assessment_delay=2.0)
    bench.lose(np.array([30.0, 0.0]), 0)
    assert bench.protocol.uncovered.tolist() == [30.0, 0.0]
    assert handler.open.tolist() == [30.0, 0.0]
    for step in range(6):
        handler.late(step)
        assert bench.protocol.reimbursed[0] == (30.0 if step >= 2 else 0.0)
    assert bench.ledger.balance[BAD_DEBT, 0] == 0.0
    assert bench.ledger.balance[POOL, 0] == 70.0
    assert not handler.open.any()


def test_what_others_bore_for_good_is_not_paid_again():
    """Of a loss of 30 others bore 20 meanwhile and the treasury 4: 6 go to the debt, 4 to the treasury, 20 lapse."""
    bench = Bench("pooled", [50.0, 50.0])
    handler = handler_of(bench, assessment_delay=1.0)
    bench.lose(np.array([30.0, 0.0]), 0)
    bench.ledger.balance[BAD_DEBT, 0] += 24.0
    bench.ledger.balance[OUTSIDE, WHOLE] -= 24.0
    bench.protocol.paid_treasury[0] = 4.0
    handler.late(1)
    assert bench.ledger.balance[FUND].tolist() == [0.0, 0.0]
    assert bench.ledger.balance[BAD_DEBT, 0] == 0.0
    assert bench.ledger.balance[TREASURY, 0] == 4.0
    assert bench.ledger.balance[POOL, 0] == 90.0
    assert handler.lapsed.tolist() == [20.0, 0.0]
    assert (bench.protocol.paid_claims[0], bench.protocol.paid_treasury[0]) == (10.0, 0.0)


@settings(max_examples=25)
@given(
    structure=st.sampled_from(WITH_POOL),
    delay=st.integers(0, 3),
    disputed=st.floats(0.0, 1.0),
    borne=st.floats(0.0, 1.0),
    losses=st.lists(st.lists(st.floats(0.0, 80.0), min_size=3, max_size=3), min_size=1, max_size=5),
)
def test_an_indemnity_never_pays_more_than_the_loss(structure, delay, disputed, borne, losses):
    """Whatever others bear in between, a member is paid at most its losses, and no claim makes the pools richer."""
    bench = Bench(structure, [50.0, 30.0, 20.0], sublimit=(0.4,), limit=(0.4,), retention=(0.1,))
    handler = handler_of(bench, assessment_delay=delay, dispute_probability=disputed, dispute_delay=2.0)
    for step in range(len(losses) + 6):
        held = bench.ledger.balance[POOL].sum()
        bench.lose(np.array(losses[step]) if step < len(losses) else np.zeros(3), step)
        others = -borne * bench.ledger.balance[BAD_DEBT]
        bench.ledger.enter(BAD_DEBT, others)
        protocol, before = bench.protocol, bench.protocol.deficit.sum()
        handler.late(step)
        assert bench.ledger.balance[POOL].sum() <= held + 1e-9 * before
        paid = protocol.paid_fund + protocol.paid_skin + protocol.paid_pool + protocol.reimbursed
        assert (paid <= protocol.deficit * (1 + 1e-12) + 1e-9).all()
        assert (protocol.reimbursed <= protocol.paid_claims + 1e-9).all()
        assert (bench.ledger.balance[FUND] <= bench.structure.own_capital + 1e-9).all()


@pytest.mark.parametrize(("success", "paid"), [(1.0, 30.0), (0.0, 18.0)])
def test_a_dispute_is_upheld_or_refused(success, paid):
    """40 % of every claim is disputed: it is paid two steps later, or refused for good."""
    terms = {"dispute_probability": 1.0, "disputed_share": 0.4, "dispute_delay": 2.0, "dispute_success": success}
    bench = Bench("pooled", [50.0, 50.0])
    handler = handler_of(bench, **terms)
    bench.lose(np.array([30.0, 0.0]), 0)
    assert bench.protocol.paid_pool[0] == pytest.approx(18.0)
    for step in range(4):
        handler.late(step)
    assert bench.ledger.balance[POOL, 0] == pytest.approx(100.0 - paid)
    assert handler.refused.sum() == pytest.approx(30.0 - paid)


@pytest.mark.parametrize("regime", ["socialized_loss", "frozen_debt", "bad_debt"])
@pytest.mark.parametrize("structure", WITH_POOL)
def test_no_claim_is_paid_twice(structure, regime):
    """What was claimed is paid, refused, lapsed, open, or was more than the pool had; nobody is paid above its loss."""
    ecosystem = run(crash(backstop__structure=structure, backstop__regime=regime, **LATE))
    handler, protocol = ecosystem.reinsurance.handler, ecosystem.protocol
    paid = protocol.paid_pool + protocol.reimbursed
    assert handler.claims.sum() > 0
    assert (paid + handler.refused + handler.lapsed + handler.open <= handler.claims * (1 + 1e-12) + 1e-6).all()
    assert ecosystem.pool.claims_paid.sum() == pytest.approx(paid.sum())
    payers = [name for name in protocol.dtype.names if name.startswith("paid_")]
    assert (sum(protocol[name] for name in payers) - protocol.thawed <= protocol.deficit * (1 + 1e-9) + 1e-6).all()
    assert_books_close(ecosystem)


def test_a_desk_that_settles_at_once_is_the_structure():
    """Without delay, dispute or second pool the handler pays what the structure pays, bit for bit."""
    plain, other = Bench("capped", [50.0, 50.0, 9.0]), Bench("capped", [50.0, 50.0, 9.0])
    handler_of(other)
    for step, losses in enumerate(np.array([[30.0, 0.0, 1.0], [3.0, 80.0, 0.0], [70.0, 90.0, 5.0]])):
        plain.lose(losses, step)
        other.lose(losses, step)
    assert np.array_equal(plain.ledger.balance, other.ledger.balance)
    assert np.array_equal(plain.structure.entitlement, other.structure.entitlement)


def test_parametric_cover_pays_on_the_trigger_and_has_basis_risk():
    """Member 0 is paid 25 and loses 10 of it; member 1 is not paid and loses 40; the trigger rests within its wait."""
    bench = Bench("pooled", [50.0, 50.0])
    handler = handler_of(bench, "parametric", parametric_payout=0.5, parametric_wait=5.0)
    handler.sense = lambda step: np.array([step < 2, False])
    bench.lose(np.array([10.0, 40.0]), 0)
    bench.lose(np.zeros(2), 1)
    assert bench.protocol.reimbursed.tolist() == [25.0, 0.0]
    assert bench.protocol.paid_fund.tolist() == [10.0, 0.0]
    assert handler.without_loss.tolist() == [15.0, 0.0]
    assert handler.without_payment.tolist() == [0.0, 40.0]


def test_parametric_claims_in_a_run():
    """Exploits and price moves pay at once; every book closes."""
    terms = {"reinsurance__claims": "parametric", "reinsurance__parametric_exploit": 0.005}
    ecosystem = run(crash(backstop__structure="pooled", reinsurance__parametric_wait=10.0, **terms))
    summary = ecosystem.summary()
    assert summary["claims_reimbursed"] > 0
    assert summary["paid_pool"] == 0
    assert_books_close(ecosystem)


def test_the_second_pool_pays_above_its_attachment():
    """Of 100 a quarter is above; the pool pays 40 itself, then the second pool up to 20, and no more."""
    bench = Bench("pooled", [50.0, 50.0])
    assert found(bench.ledger, 0.25, 1) == 25.0
    bench.structure.entitlement *= 0.75
    handler = handler_of(bench, second=(40.0, 20.0))
    bench.lose(np.array([40.0, 0.0]), 0)
    assert bench.ledger.balance[RETROCESSION, WHOLE] == 25.0
    bench.lose(np.array([30.0, 0.0]), 1)
    assert handler.second.paid.tolist() == [20.0]
    assert bench.ledger.balance[RETROCESSION, WHOLE] == 5.0
    assert bench.ledger.balance[POOL, 0] == pytest.approx(75.0 - 40.0 - 10.0)
    assert bench.structure.entitlement.sum() == pytest.approx(bench.ledger.balance[POOL, 0])


@pytest.mark.parametrize("structure", WITH_POOL)
def test_total_capital_at_the_start_is_equal(structure):
    """The second pool and the capital providers hold part of the same capital."""
    plain = run(crash(backstop__structure=structure, steps=1))
    shared = run(
        crash(
            backstop__structure=structure, steps=1, reinsurance__retrocession_share=0.3, reinsurance__providers=3,
            reinsurance__provider_share=0.4,
        )
    )  # fmt: skip
    assert shared.summary()["capital"] == pytest.approx(plain.summary()["capital"])
    assert shared.reinsurance.third_party > 0
