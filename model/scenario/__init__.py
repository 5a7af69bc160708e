"""The scenario: every parameter of a run, declared once, frozen, checked whole before anything runs.

A scenario is a tree of sections, one file each. A dotted name such as ``backstop.capital_ratio`` addresses a field
from the command line, from a TOML file (``[backstop]`` table) and from :meth:`Scenario.replace`. Unknown names are
errors with the closest known name; all problems of a configuration are reported at once (:class:`ScenarioError`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator

from model.scenario.check.joint import joint_problems
from model.scenario.parameter import Value
from model.scenario.problem import ScenarioError, problem_lines
from model.scenario.sections import Sections
from model.scenario.toml_text import read_toml

__all__ = ["Scenario", "ScenarioError", "read_toml"]

WITHOUT_FEEDBACK: dict[str, Any] = {
    "backstop.regime": "bad_debt",
    "backstop.premium_rate": 0.0,
    "provider.fund_sensitivity": 0.0,
    "confidence.panic": False,
    "trader.haircut_reaction": 0.0,
    "choice.leverage": False,
}


class Scenario(Sections):
    """All parameters of a run."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = joint_problems(self)
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], origin: str = "scenario") -> Self:
        """Build a scenario from a nested mapping.

        Raises
        ------
        ScenarioError : one line per problem, naming `origin`, field, value and what is allowed.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ScenarioError(problem_lines(error, cls, origin)) from None

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a scenario from a TOML file; raises ScenarioError for a missing, unreadable or invalid file."""
        return cls.from_mapping(read_toml(path), str(path))

    def replace(self, values: Mapping[str, Any], origin: str = "scenario") -> Self:
        """Return a copy with dotted names replaced, checked again; raises ScenarioError."""
        tree = self.model_dump()
        for name, value in values.items():
            plant(tree, name, value)
        return type(self).from_mapping(tree, origin)

    def without_feedback(self) -> Self:
        """Return the scenario in which who pays never changes what anybody does.

        Deficits are then bit for bit the same in every structure, and the uncovered loss obeys an identity:
        max(0, ΣD − ΣF) ≤ Σ max(0, D − F).
        """
        return self.replace(WITHOUT_FEEDBACK)


def plant(tree: dict[str, Any], name: str, value: Value) -> None:
    """Set the dotted `name` in a nested mapping, making tables on the way."""
    *path, last = name.split(".")
    for part in path:
        below = tree.get(part)
        if not isinstance(below, dict):
            below = tree[part] = {}
        tree = below
    tree[last] = value
