"""Default: bad debt against treasuries, and clearing when they do not suffice."""

import numpy as np
import pytest

from agents.core.ledger import BAD_DEBT, OUTSIDE, TREASURY
from agents.protocol.protocol import CAUSES, DEFAULTED, EXPOSURE, OWN_LOSS
from model.ecosystem import Ecosystem
from model.network.contagion import debt_warnings
from tests.support.world import crash, run, small


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


def test_a_protocol_that_cannot_pay_its_debts_fails_for_them_and_not_for_a_loss(tmp_path):
    """0 has 100 and owes 500 to 1, which loses 150: 1 fails of its own loss, 0 of its debts, and no cause is lost."""
    (tmp_path / "debts.txt").write_text("protocol_0,protocol_1,500\n")
    debts = {"exposure__graph": "file", "exposure__file": str(tmp_path / "debts.txt")}
    ecosystem = Ecosystem(small(protocol__open_interest=(1e6,), protocol__treasury_ratio=1e-4, **debts))
    ecosystem.ledger.balance[BAD_DEBT, 1] -= 250.0
    ecosystem.ledger.balance[OUTSIDE, 0] += 250.0
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 3)
    assert [CAUSES[cause] for cause in ecosystem.protocol.cause] == ["debts", "exposure", "none"]
    found = ecosystem.summary()
    assert (found["defaults"], found["defaults_debts"], found["defaults_own_loss"]) == (2.0, 1.0, 0.0)
    assert found["defaults_exposure"] == 1.0
    [line] = debt_warnings(ecosystem.scenario)
    assert line.startswith("protocol_0 owes $500, has $100 and is owed $0")
    assert debt_warnings(small()) == []


@pytest.mark.parametrize("resolution", ["continue", "dead", "recapitalised"])
def test_what_a_tear_up_reveals_is_no_own_loss(resolution):
    """A chain in which 1 fails because 0 does: that its tear-up reveals losses makes it no case of own loss."""
    changes = {"exposure__degree": 1, "exposure__weight": 2.0, "exposure__alpha": 0.0, "exposure__beta": 0.0}
    ecosystem = stricken(150.0, exposure__resolution=resolution, backstop__capital_ratio=0.0, **changes)
    ecosystem.exchange.mark[:] *= 0.5
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 3)
    assert ecosystem.protocol.cause.tolist() == [OWN_LOSS, EXPOSURE, EXPOSURE]
    assert ecosystem.protocol.wave.tolist() == [0, 1, 2]


def test_what_creditors_lose_to_customers_is_theirs():
    """An estate of 100 + 100 received pays 150 to customers, and owes 100: 100 were the owner's, 50 the creditor's."""
    ecosystem = stricken(150.0, exposure__degree=1, exposure__weight=1.0)
    ecosystem.contagion.clear(ecosystem.protocol, ecosystem.ledger, 3)
    assert ecosystem.protocol.paid_treasury.tolist() == pytest.approx([100.0, 0.0, 0.0])
    assert ecosystem.protocol.paid_creditors.tolist() == pytest.approx([50.0, 0.0, 0.0])


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
