"""The world the agents share: market, shocks, exposure network, clearing, clock and accounts of a run.

Start at :class:`model.ecosystem.Ecosystem` and :class:`model.scenario.Scenario`.
"""
