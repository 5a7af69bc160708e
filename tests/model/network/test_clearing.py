"""Claims about clearing: published cases, the axioms of a clearing vector, and that it is the greatest."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix, csr_array, random_array

from model.network import liability
from model.network.clearing import TOLERANCE, clearing_vector, settle

AMOUNT = st.one_of(st.just(0.0), st.floats(0.1, 10.0))
SHARE = st.one_of(st.just(1.0), st.floats(0.0, 1.0))


@st.composite
def debts(draw, senior=True):
    """Arguments of `settle`: L (n, n), e (n,), alpha, beta, v (n,)."""
    n = draw(st.integers(1, 6))
    column = st.lists(AMOUNT, min_size=n, max_size=n).map(np.array)
    liabilities = np.array([draw(column) for _ in range(n)])
    np.fill_diagonal(liabilities, 0.0)
    outside = draw(column) if senior else np.zeros(n)
    return liabilities, draw(column), draw(SHARE), draw(SHARE), outside


def full_payment_map(liabilities, assets, alpha, beta, outside):
    """The map whose fixed points are the clearing vectors, written bank by bank."""
    owed = liabilities.sum(axis=1)

    def clear(payments):
        paid = np.empty_like(payments)
        for i in range(owed.size):
            claims = [liabilities[j, i] * payments[j] / owed[j] for j in range(owed.size) if owed[j] > 0]
            resources, due = assets[i] + sum(claims), owed[i] + outside[i]
            estate = alpha * assets[i] + beta * sum(claims)
            short = resources < due * (1 - TOLERANCE)
            paid[i] = min(owed[i], max(0.0, estate - outside[i])) if short else owed[i]
        return paid

    return clear


def blocks_of_five(y):
    return np.kron(np.eye(2), y / 4 * (1 - np.eye(5)))


def acemoglu_networks(n, y):
    ring = y * np.roll(np.eye(n), 1, axis=1)
    complete = y / (n - 1) * (1 - np.eye(n))
    return {
        "ring": ring,
        "complete": complete,
        "half_ring_half_complete": (ring + complete) / 2,
        "two_isolated_complete_blocks_of_5": blocks_of_five(y),
    }


def test_published_clearing_vectors(published):
    for case in published["clearing"]["cases"]:
        result = settle(case["L"], case["e"], case["alpha"], case["beta"])
        for name in {"payments", "equity"} & case.keys():
            np.testing.assert_allclose(getattr(result, name), case[name], atol=1e-8, rtol=0)
        if "defaults" in case:
            assert np.flatnonzero(result.default).tolist() == case["defaults"]


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_published_phase_transition(published, form):
    setting = published["clearing_phase_transition"]
    n = setting["n"]
    networks = acemoglu_networks(n, setting["y"])
    for case in setting["cases"]:
        returns = np.full(n, setting["a"])
        returns[0] -= case["eps"]
        for name, network in networks.items():
            result = settle(form(network), returns, outside=np.full(n, setting["v"]))
            assert result.default.sum() == case[name], (name, case["eps"])


@given(debts())
def test_limited_liability_and_absolute_priority(case):
    liabilities, *_, outside = case
    result = settle(*case)
    owed = liabilities.sum(axis=1)
    assert (result.payments >= 0).all() and (result.payments <= owed).all()
    assert (result.equity >= 0).all() and (result.lost >= 0).all()
    assert (result.payments[~result.default] == owed[~result.default]).all()
    assert (result.equity[result.default] == 0).all()
    unpaid_senior = result.outside < outside * (1 - 1e-9)
    assert (result.payments[unpaid_senior] <= 1e-9).all()


@given(debts())
def test_creditors_share_in_proportion(case):
    liabilities, *_ = case
    result = settle(*case)
    owed = np.maximum(liabilities.sum(axis=1, keepdims=True), 1e-300)
    shares = liabilities / owed * result.payments[:, np.newaxis]
    np.testing.assert_allclose(result.received, shares.sum(axis=0), atol=1e-9)


@given(debts())
def test_money_is_conserved(case):
    result = settle(*case)
    assert result.payments.sum() == pytest.approx(result.received.sum(), abs=1e-9)
    accounted = result.equity + result.lost + result.outside + result.payments - result.received
    np.testing.assert_allclose(accounted, case[1], atol=1e-9)


@given(debts())
def test_is_a_fixed_point(case):
    payments = clearing_vector(*case)
    np.testing.assert_allclose(full_payment_map(*case)(payments), payments, atol=1e-9)


@given(debts())
def test_is_the_greatest(case):
    clear, iterate = full_payment_map(*case), case[0].sum(axis=1)
    payments = clearing_vector(*case)
    for _ in range(300):
        before, iterate = iterate, clear(iterate)
        assert (payments <= iterate + 1e-9).all()
    assume(np.abs(iterate - before).max() < 1e-13)
    np.testing.assert_allclose(payments, iterate, atol=1e-9)


@given(debts(), st.floats(0.0, 5.0), SHARE, SHARE)
def test_more_assets_or_better_recovery_never_pay_less(case, more, alpha, beta):
    liabilities, assets, low_alpha, low_beta, outside = case
    payments = clearing_vector(*case)
    richer = clearing_vector(liabilities, assets + more, low_alpha, low_beta, outside)
    better = max(alpha, low_alpha), max(beta, low_beta)
    assert (richer >= payments - 1e-9).all()
    assert (clearing_vector(liabilities, assets, *better, outside) >= payments - 1e-9).all()


@given(debts(), st.randoms(use_true_random=False))
def test_names_do_not_matter(case, random):
    liabilities, assets, alpha, beta, outside = case
    order = list(range(assets.size))
    random.shuffle(order)
    renamed = settle(liabilities[np.ix_(order, order)], assets[order], alpha, beta, outside[order])
    original = settle(*case)
    np.testing.assert_allclose(renamed.payments, original.payments[order], atol=1e-9)
    assert (renamed.waves == original.waves[order]).all()


@pytest.mark.parametrize("form", [np.ndarray.tolist, csr_array, coo_matrix])
@given(case=debts())
def test_lists_and_sparse_matrices_give_the_same(form, case):
    liabilities, *rest = case
    expected = settle(liabilities, *rest)
    for mine, wanted in zip(settle(form(liabilities), *rest), expected, strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-9)


@given(debts())
def test_wave_zero_fails_though_all_others_pay(case):
    liabilities, assets, _, _, outside = case
    full = assets + liabilities.sum(axis=0) - liabilities.sum(axis=1) - outside
    result = settle(*case)
    first = result.waves == 0
    assert (full[first] < 0).all() and (full[~first] >= -1e-9).all()
    assert ((result.waves >= 0) == result.default).all()
    rounds = np.unique(result.waves[result.default])
    assert (rounds == np.arange(rounds.size)).all()


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_a_chain_fails_link_by_link(form):
    n = 60
    chain = np.diag(np.ones(n - 1), 1)
    assets = np.zeros(n)
    assets[0] = 0.5
    result = settle(form(chain), assets, beta=0.9)
    np.testing.assert_allclose(result.payments, np.append(0.5 * 0.9 ** np.arange(n - 1), 0), rtol=1e-12)
    assert result.waves.tolist() == [*range(n - 1), -1]


@pytest.mark.parametrize("seniority", liability.SENIORITIES)
@pytest.mark.parametrize("recovery", [(1.0, 1.0), (0.9, 0.7), (0.5, 0.5)])
def test_a_large_thin_system_is_cleared_sparse_and_agrees_with_the_dense_one(recovery, seniority, monkeypatch):
    generator = np.random.default_rng(0)
    network = random_array((400, 400), density=0.025, rng=generator, format="csr")
    network.setdiag(0.0)
    assets, outside = 0.9 * generator.random(400) * 5.0, generator.random(400)
    debts = liability.checked_debts(network.toarray(), assets, *recovery, outside, seniority)
    assert hasattr(debts.claims, "tocsr")
    sparse = settle(network, assets, *recovery, outside, seniority)
    monkeypatch.setattr(liability, "SPARSE_SIZE", 10_000)
    dense = settle(network, assets, *recovery, outside, seniority)
    assert isinstance(liability.faster_form(network), np.ndarray)
    assert 50 < dense.default.sum() < 400
    assert (sparse.waves == dense.waves).all()
    np.testing.assert_allclose(sparse.payments, dense.payments, rtol=1e-11)


def test_a_long_chain_is_cleared_sparse():
    """Krylov iterations cannot follow 600 links in 50 products; the factorisation does."""
    n = 600
    chain = csr_array(np.diag(np.ones(n - 1), 1))
    result = settle(chain, np.append(0.5, np.zeros(n - 1)))
    np.testing.assert_allclose(result.payments[:-1], 0.5, rtol=1e-12)
    assert result.waves.tolist() == [*range(n - 1), -1]


@given(debts())
def test_equal_rank_is_one_more_creditor_in_the_network(case):
    """Debt pari passu clears as if outsiders were a node that owes nothing and is as good as the others."""
    liabilities, assets, alpha, beta, outside = case
    mine = settle(*case, seniority="pari_passu")
    wider = np.zeros((assets.size + 1, assets.size + 1))
    wider[:-1, :-1], wider[:-1, -1] = liabilities, outside
    theirs = settle(wider, np.append(assets, 0.0), alpha, beta)
    assert (mine.waves == theirs.waves[:-1]).all()
    np.testing.assert_allclose(mine.payments + mine.outside, theirs.payments[:-1], atol=1e-9)
    np.testing.assert_allclose(mine.equity, theirs.equity[:-1], atol=1e-9)


@given(debts())
def test_outsiders_of_equal_rank_never_get_more_than_senior_ones(case):
    """Every defaulter's customers get at most what they would get first; protocols never get less."""
    senior, equal = settle(*case), settle(*case, seniority="pari_passu")
    assert equal.payments.sum() >= senior.payments.sum() - 1e-9
    accounted = equal.equity + equal.lost + equal.outside + equal.payments - equal.received
    np.testing.assert_allclose(accounted, case[1], atol=1e-9)


def test_seniority_by_hand():
    """An estate of 6 against 4 owed to a protocol and 8 to outsiders: 0 and 6 if these rank first, else 2 and 4."""
    debts_of_one = ([[0, 4], [0, 0]], [6, 0])
    for seniority, payment, outsiders in (("senior", 0.0, 6.0), ("pari_passu", 2.0, 4.0)):
        result = settle(*debts_of_one, outside=[8, 0], seniority=seniority)
        assert (result.payments[0], result.outside[0]) == pytest.approx((payment, outsiders))


def test_waves_name_who_defaults_when():
    ring = 2.0 * np.roll(np.eye(4), 1, axis=1)
    result = settle(ring, [0.0, 1.0, 1.0, 9.0], 0.0, 0.0, outside=[1.0, 0.0, 0.0, 0.0])
    assert result.by_wave() == [[0], [1], [2]]
    assert settle(ring, [1.0] * 4).by_wave() == []


def test_debts_that_cancel_are_paid_without_any_money():
    assert clearing_vector([[0, 5], [5, 0]], [0, 0]).tolist() == [5, 5]


def test_a_closed_ring_short_of_senior_money_pays_what_is_left():
    ring = 10 * np.roll(np.eye(3), 1, axis=1)
    result = settle(ring, [0.0, 1.5, 1.5], outside=[1.2, 1.2, 1.2])
    np.testing.assert_allclose(result.payments, [0.0, 0.3, 0.6], atol=1e-12)
    np.testing.assert_allclose(result.outside, [0.6, 1.2, 1.2], atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0, 1]], [1]), "square"),
        (([0, 1], [1, 1]), "square"),
        (([[0, -1], [0, 0]], [1, 1]), "not negative"),
        ((csr_array([[0.0, -1.0], [0.0, 0.0]]), [1, 1]), "not negative"),
        (([[0, np.nan], [0, 0]], [1, 1]), "finite"),
        (([[1, 0], [0, 0]], [1, 1]), "zero diagonal"),
        (([[0, 1], [0, 0]], [1]), r"shape \(2,\)"),
        (([[0, 1], [0, 0]], [1, -1]), "external_assets"),
        (([[0, 1], [0, 0]], [1, 1], 1.1), "alpha"),
        (([[0, 1], [0, 0]], [1, 1], 1.0, np.nan), "beta"),
        (([[0, 1], [0, 0]], [1, 1], 1.0, 1.0, [-1, 0]), "outside"),
        (([[0, 1], [0, 0]], [1, 1], 1.0, 1.0, [1, 0], "junior"), "senior, pari_passu"),
    ],
)
def test_wrong_input_is_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as refused:
        clearing_vector(*arguments)
    assert "\n" not in str(refused.value)
