"""The names of a run's metrics, by what kind of quantity each is (:mod:`experiments.statistics.kind`).

A suffix ``_0`` is a protocol's number. A number that a researcher's own function reports has a name of none of these.
"""

import re

EVENT, COUNT, SHARE, AMOUNT, TIME, FALL, SIGNED = "event", "count", "share", "amount", "time", "fall", "signed"

KINDS = {
    EVENT: r"any_\w+|all_\w+|feasible|(exhausted|default)_\d+",
    COUNT: r"exhausted|defaults(_\w+)?|default_waves|innocents|saved|members_end|vaults_closed|maker_withdrawals",
    SHARE: (
        r"borne_\w+|haircut_gini|haircut_top10|haircut_low_leverage_share|largest_cut|liquidated_long_share"
        r"|retained_end"
    ),
    AMOUNT: (
        r"(deficit|trader_deficit|vault_deficit|exploit_loss|backstop_loss|uncovered|by_others)(_\d+)?|paid_\w+"
        r"|infeasible|overshoot|bad_debt|leverage_cap_\w+"
        r"|open_deficit|frozen_debt|haircut|haircut_accounts|deleveraged|deleveraged_accounts|hedges_broken"
        r"|liquidated|liquidated_share(_\w+)?|liquidations|volume|unserved_peak|capital|callable_capital"
        r"|loss_per_capital|covered_per_capital|premiums|claims_\w+|loss_without_payment|provider_deposits"
        r"|retrocession_end|closed_elsewhere|sent_elsewhere|taken_over|replaced|needed"
    ),
    TIME: r"first_exhaustion",
    FALL: r"worst_dislocation",
    SIGNED: (
        r"(cause|wave)_\d+|(vault|successor|keeper|maker|takeover|reinsurer|provider)_profit|(capital|treasury)_end"
        r"|traders_wallets|imbalance"
    ),
}

OF_ASSET = "liquidated_share_"  # and the asset's name, whatever that is


def is_metric(name: str) -> bool:
    """Return whether a metric of the model may be called `name`."""
    return name.startswith(OF_ASSET) or any(re.fullmatch(pattern, name) for pattern in KINDS.values())
