"""Default: bad debt against treasuries, and clearing when they do not suffice."""

import numpy as np
import pytest
from world import crash, run, small

from agents.ledger import BAD_DEBT, OUTSIDE, TREASURY
from agents.protocol import DEFAULTED
from model.ecosystem import Ecosystem


def stricken(debt, **changes) -> Ecosystem:
    """Return an ecosystem with treasuries of 100 USD and the given bad debt at its first protocol."""
    ecosystem = Ecosystem(small(protocol__open_interest=(1e6,), protocol__treasury_ratio=1e-4, **changes))
    ecosystem.ledger.balance[BAD_DEBT, 0] -= debt
    ecosystem.ledger.balance[OUTSIDE, 0] += debt
    return ecosystem


def test_a_treasury_that_suffices_pays():
    """60 of bad debt leaves 40 in the treasury and no default."""
    ecosystem = stricken(60.0)
    assert ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 7)
    assert ecosystem.ledger.balance[TREASURY].tolist() == pytest.approx([40.0, 100.0, 100.0])
    assert ecosystem.ledger.balance[BAD_DEBT].tolist() == [0.0, 0.0, 0.0]
    assert (ecosystem.protocol.status == 0).all()
    assert not ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 8)


def test_a_protocol_short_of_its_debts_defaults_alone_without_exposures():
    """150 of bad debt: the treasury's 100 go to the traders, 50 stay unpaid, cause own loss."""
    ecosystem = stricken(150.0, exposure__graph="none")
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 7)
    assert ecosystem.ledger.balance[TREASURY].tolist() == pytest.approx([0.0, 100.0, 100.0])
    assert ecosystem.ledger.balance[BAD_DEBT, 0] == pytest.approx(-50.0)
    protocol = ecosystem.protocol
    assert protocol.status.tolist() == [DEFAULTED, 0, 0]
    assert (protocol.cause[0], protocol.wave[0], protocol.default_step[0]) == (1, 0, 7)


def test_default_spreads_along_exposures():
    """A ring in which each owes twice its treasury to the next: one failure takes all, in waves."""
    ecosystem = stricken(150.0, exposure__degree=1, exposure__weight=2.0, exposure__alpha=0.0, exposure__beta=0.0)
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 3)
    protocol = ecosystem.protocol
    assert protocol.status.tolist() == [DEFAULTED] * 3
    assert protocol.cause.tolist() == [1, 2, 2]
    assert protocol.wave.tolist() == [0, 1, 2]
    assert np.abs(ecosystem.ledger.balance).sum() > 0
    assert ecosystem.ledger.imbalance() < 1e-12
    assert not ecosystem.contagion.liabilities.any()


def test_small_exposures_are_borne():
    """At a tenth of a treasury the creditor loses its claim and stands."""
    ecosystem = stricken(150.0, exposure__degree=1, exposure__weight=0.1)
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 3)
    assert ecosystem.protocol.status.tolist() == [DEFAULTED, 0, 0]
    # the debtor owed 10 to protocol 1 and was owed 10 by protocol 2; senior traders take what it has
    assert ecosystem.ledger.balance[TREASURY].tolist() == pytest.approx([0.0, 90.0, 90.0], abs=10.0)
    assert ecosystem.ledger.imbalance() < 1e-12


@pytest.mark.parametrize(("seniority", "creditor", "unpaid"), [("senior", 50.0, 0.0), ("pari_passu", 80.0, -30.0)])
def test_customers_rank_first_or_share_with_the_creditor(seniority, creditor, unpaid):
    """An estate of 100 + 100 against 150 owed to customers and 100 to a protocol: 150 and 50, or 120 and 80."""
    ecosystem = stricken(150.0, exposure__degree=1, exposure__weight=1.0, exposure__seniority=seniority)
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 3)
    assert ecosystem.ledger.balance[TREASURY].tolist() == pytest.approx([0.0, creditor, 100.0])
    assert ecosystem.ledger.balance[BAD_DEBT, 0] == pytest.approx(unpaid)
    assert ecosystem.protocol.status.tolist() == [DEFAULTED, 0, 0]
    assert ecosystem.ledger.imbalance() < 1e-12


def test_exposures_turn_one_failure_into_several_in_a_run():
    """The same crash, with and without exposures: more defaults with, every extra one by exposure."""
    common = {
        "backstop__regime": "bad_debt",
        "backstop__capital_ratio": 1e-4,
        "protocol__treasury_ratio": 1e-4,
        "protocol__number": 6,
        "shock__exploit_intensity": 0.0,
    }
    alone = run(crash(exposure__graph="none", **common)).summary()
    tied = run(crash(exposure__graph="complete", exposure__weight=3.0, exposure__beta=0.0, **common)).summary()
    assert alone["defaults_exposure"] == 0
    assert tied["defaults"] >= alone["defaults"] > 0
