"""Own funds divided among listings: who pays for whom, by hand, and what never happens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core.column import bare
from agents.core.ledger import DEFICIT, FUND, OUTSIDE, SHORTFALL
from experiments.benchmark.compiled import differences
from model.backstop.layer.part import divide_funds, fund_for, make_division, make_parts, pay_from_parts
from model.backstop.loss_regime.division import hand_back
from model.ecosystem import Ecosystem
from model.engine.engine import Engine
from model.scenario import Scenario, ScenarioError
from model.scenario.check.inert import inert_choices
from tests.support.world import CRASH, REGIMES, STRUCTURES, crash, small

COVERS = ("together", "by_listing", "both")
TWO = {
    "protocol__number": 1, "protocol__listings": (2,), "protocol__open_interest": (3e8, 1e8), "protocol__fund": (40.0,),
    "protocol__skin_in_the_game": 0.0, "trader__number": 4, "provider__number": 2,
}  # fmt: skip


def paid(fund, interest, losses, common, counts=None):
    """Return what funds pay of losses, (members,), and what they leave of each, (listings,)."""
    counts = counts or (len(losses),)
    division = make_division(counts, np.array(interest, dtype=float), common)
    parts, balance, wanted = make_parts(division), np.zeros((30, len(losses))), np.array(losses, dtype=float)
    balance[FUND, : len(counts)] = fund
    left = np.add.reduceat(wanted, division.first[:-1])
    before, given_ = left.copy(), np.zeros(len(counts))
    divide_funds(balance, division, parts)
    promised = [
        min(fund_for(balance, division, parts, wanted, p, left[p]), left[p]) for p in range(len(counts))
    ]  # before anything moves
    pay_from_parts(balance, given_, division, parts, wanted, left)
    for same in (before - left, promised):
        assert same == pytest.approx(given_, rel=1e-9, abs=1e-2 if max(losses) > 1e6 else 1e-9)
    assert (balance[FUND, : len(counts)] == np.subtract(fund, given_)).all() and (given_ <= fund).all()
    return given_, wanted


def test_a_fund_of_forty_by_hand():
    """Parts of 30 and 10, losses of 5 and 20: by listing 5 + 10, and 10 go on; together all 25; half common as well."""
    assert paid([40.0], [3, 1], [5, 20], None)[0] == [25.0]
    given_, left = paid([40.0], [3, 1], [5, 20], 0.0)
    assert given_ == [15.0] and left.tolist() == [0.0, 10.0]
    given_, left = paid([40.0], [3, 1], [5, 20], 0.5)  # 5 + 5, and 15 of the common 20
    assert given_ == [25.0] and left.tolist() == [0.0, 0.0]
    given_, left = paid([40.0], [3, 1], [25, 20], 0.25)  # parts of 22.5 and 7.5: 2.5 and 12.5 left for the common 10
    assert given_ == [40.0] and left == pytest.approx([5 / 6, 25 / 6])


def lose(engine, losses, vault=None):
    """Let listings lose, USD; return what the layers leave of each protocol, and what each listing is handed back."""
    balance, losses = engine.ledger.balance, np.array(losses, dtype=float)
    balance[SHORTFALL] -= losses
    balance[OUTSIDE, 0] += losses.sum()
    engine.exchange.deficit[:] = losses
    engine.exchange.vault_deficit[:] = 0.0 if vault is None else vault
    priority, part = np.full(len(engine.protocol), 0.5), np.zeros(len(losses))
    owed = engine.waterfall.ask(engine.venue, engine.ledger, engine.protocol, engine.pool, priority, 0)
    hand_back(balance, bare(engine.exchange), owed, part)
    assert not balance[DEFICIT].any() and -balance[SHORTFALL] == pytest.approx(part)
    return owed, part


def told(scenario, python):
    """Return an engine, its layers in Python if that is asked for."""
    engine = Engine(scenario)
    if python:
        engine.waterfall.layer_terms = engine.waterfall.layer_terms._replace(compiled=False)
    return engine


@pytest.mark.parametrize("python", [False, True])
def test_a_listing_whose_own_part_paid_all_is_not_asked(python):
    cases = {"together": (0.0, [0.0, 0.0]), "by_listing": (10.0, [0.0, 10.0]), "both": (0.0, [0.0, 0.0])}
    for cover, (left, handed) in cases.items():
        engine = told(small(**TWO, backstop__cover=cover), python)
        owed, part = lose(engine, [5.0, 20.0])
        assert owed == pytest.approx([left]) and part.tolist() == pytest.approx(handed)
        assert engine.protocol.paid_fund[0] == pytest.approx(25.0 - left)
        assert engine.protocol.exhausted_step[0] == (0 if left else -1)


@pytest.mark.parametrize("python", [False, True])
def test_parts_are_filled_as_at_the_start_and_cut_alike(python):
    """After 5 and 10 the parts are 25 and 0; a gain of 4 makes 28 and 1, a loss of half 14 and 0.5."""
    engine = told(small(**TWO, backstop__cover="by_listing"), python)
    lose(engine, [5.0, 20.0])
    engine.ledger.balance[SHORTFALL] = 0.0
    engine.ledger.balance[FUND, 0] += 4.0
    divide_funds(engine.ledger.balance, engine.waterfall.division, engine.waterfall.parts)
    assert engine.waterfall.parts.part.tolist() == pytest.approx([28.0, 1.0])
    engine.ledger.balance[FUND, 0] /= 2.0
    owed, part = lose(engine, [0.0, 3.0])
    assert owed == pytest.approx([2.5]) and part.tolist() == pytest.approx([0.0, 2.5])
    assert engine.ledger.balance[FUND, 0] == pytest.approx(14.0)


@pytest.mark.parametrize("python", [False, True])
def test_what_closed_vaults_lost_goes_past_the_parts_and_back_to_their_listing(python):
    """Of 20 the second listing lost 12 by its vault, which no layer stands for: its part of 10 pays the other 8."""
    owed, part = lose(told(small(**TWO, backstop__cover="by_listing"), python), [35.0, 20.0], [0.0, 12.0])
    assert owed == pytest.approx([17.0]) and part.tolist() == pytest.approx([5.0, 12.0])
    covered = small(**TWO, backstop__cover="by_listing", backstop__vault_cover="backstop")
    assert lose(told(covered, python), [35.0, 20.0], [0.0, 12.0])[1].tolist() == pytest.approx([5.0, 10.0])


@pytest.mark.parametrize("python", [False, True])
def test_what_a_tear_up_brings_to_light_is_paid_by_the_parts(python):
    engine = told(small(**TWO, backstop__cover="by_listing"), python)
    engine.ledger.balance[DEFICIT, 0] -= 25.0
    engine.ledger.balance[OUTSIDE, 0] += 25.0
    assert engine._cover(np.array([5.0, 20.0]), np.zeros(2), 0) == pytest.approx([10.0])
    assert engine.protocol.paid_fund[0] == pytest.approx(15.0)


sums = st.floats(0.0, 1e9)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.floats(0.0, 1.0), st.data())
@settings(max_examples=200, deadline=None)
def test_a_fund_pays_no_more_than_it_holds_and_most_when_it_pays_for_all_together(counts, share, data):
    listings = sum(counts)
    losses, fund = (data.draw(st.lists(sums, min_size=n, max_size=n)) for n in (listings, len(counts)))
    interest = data.draw(st.lists(st.floats(1.0, 1e9), min_size=listings, max_size=listings))
    together, common, own = (paid(fund, interest, losses, k, tuple(counts))[0] for k in (None, share, 0.0))
    assert (together + 1e-2 >= common).all() and (common + 1e-2 >= own).all()
    alone = np.array(counts) == 1
    assert (together[alone] == common[alone]).all() and (together[alone] == own[alone]).all()
    whole = paid(fund, interest, losses, 1.0, tuple(counts))[0]
    assert whole == pytest.approx(together, rel=1e-9, abs=1e-2)


@pytest.mark.parametrize("structure", ["isolated", "partial", "reinsured", "mutual"])
def test_with_one_listing_each_the_choice_does_nothing(structure):
    runs = [Engine(crash(backstop__structure=structure, backstop__cover=cover, steps=15)) for cover in COVERS]
    for engine in runs:
        engine.run()
    for other in runs[1:]:
        assert (other.ledger.balance == runs[0].ledger.balance).all()
        assert other.summary() == runs[0].summary()


def test_what_does_nothing_is_told_and_what_does_not_go_together_is_refused():
    def lines(**changes):
        return inert_choices(crash(backstop__cover="by_listing", **changes))

    assert lines() == ["backstop.cover does nothing in isolated: no protocol has several listings (protocol.listings)"]
    for structure in ("none", "pooled", "clustered", "capped"):
        [line] = lines(protocol__listings=(2,), backstop__structure=structure)
        assert line == f"backstop.cover does nothing in {structure}: no protocol keeps a fund of its own"
    assert lines(protocol__listings=(2,), backstop__structure="partial") == []
    [line] = lines(protocol__listings=(2,), backstop__common_share=0.2)
    assert line == "backstop.common_share does nothing in isolated: only backstop.cover `both` reads it"
    with pytest.raises(ScenarioError, match=r"whose part of a fund is lent out is not told apart; allowed: "):
        Scenario().replace({"backstop.cover": "both", "fund.lent_share": 0.5})
    small(backstop__cover="both", fund__lent_share=0.5)  # one listing each
    with pytest.raises(ScenarioError, match="together"):
        small(backstop__cover="apart")


@pytest.mark.parametrize("structure", ["none", "pooled", "capped"])
def test_where_it_is_told_to_do_nothing_it_does_nothing(structure):
    runs = [
        Engine(crash(protocol__listings=(2, 3), backstop__structure=structure, backstop__cover=cover, steps=15))
        for cover in COVERS
    ]
    for engine in runs:
        engine.run()
        assert (engine.ledger.balance == runs[0].ledger.balance).all()


@pytest.mark.compiled
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("cover", COVERS[1:])
def test_books_close_with_divided_funds(structure, cover):
    for at, regime in enumerate(REGIMES):
        changes = {
            "backstop.structure": structure, "backstop.regime": regime, "backstop.cover": cover,
            "exposure.resolution": ("continue", "recapitalised")[at % 2], "protocol.listings": (2, 1, 3),
            "protocol.treasury_ratio": 1e-4, "steps": 30,
        }  # fmt: skip
        engine = Engine(Scenario().replace(CRASH | changes))
        engine.run()
        found = engine.summary()
        assert abs(found["imbalance"]) < 1e-12 and found["open_deficit"] == 0.0
        held = engine.waterfall.parts
        assert (held.part >= 0.0).all() and (held.common >= 0.0).all()


@pytest.mark.compiled
@pytest.mark.parametrize("trigger", ["exhausted", "whole"])
@pytest.mark.parametrize(
    ("structure", "regime", "cover"),
    [("isolated", "adl", "by_listing"), ("mutual", "frozen_debt", "both"), ("reinsured", "clawback", "by_listing")],
)
def test_compiled_and_stepped_agree_with_divided_funds(structure, regime, cover, trigger):
    scenario = crash(
        backstop__structure=structure, backstop__regime=regime, backstop__cover=cover, backstop__trigger=trigger,
        protocol__listings=(2, 1, 3), backstop__quota_share=0.2, exposure__resolution="recapitalised",
    )  # fmt: skip
    stepped, compiled = Ecosystem(scenario), Ecosystem(scenario)
    for _ in range(stepped.horizon):
        stepped.step()
    compiled.run()
    assert list(differences(stepped, compiled)) == []


@pytest.mark.compiled
@pytest.mark.parametrize("trigger", ["exhausted", "drawdown", "whole"])
@pytest.mark.parametrize("structure", ["isolated", "partial", "reinsured", "mutual"])
def test_kernel_and_python_agree_in_every_bit_on_divided_funds(structure, trigger):
    scenario = small(
        protocol__listings=(2, 1, 3), backstop__structure=structure, backstop__cover="both", backstop__trigger=trigger,
        backstop__quota_share=0.3, trader__number=6, steps=40, backstop__trigger_window=10.0,
    )  # fmt: skip
    rng, engines = np.random.default_rng(7), [told(scenario, python) for python in (False, True)]
    for _ in range(20):
        losses = rng.uniform(0.0, 10 ** rng.uniform(4.0, 7.0), 6) * (rng.random(6) < 0.5)
        vault = losses * rng.random(6) * (rng.random() < 0.5)
        (owed, part), (other, handed) = (lose(engine, losses, vault) for engine in engines)
        assert owed.tolist() == other.tolist() and part.tolist() == handed.tolist()
        for engine in engines:
            engine.ledger.balance[SHORTFALL] = 0.0
        assert (engines[0].ledger.balance == engines[1].ledger.balance).all()
        for one, two in zip(*(engine.waterfall.parts for engine in engines), strict=True):
            assert (one == two).all()
