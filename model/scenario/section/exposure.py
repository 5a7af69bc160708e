"""Parameters of the debts between protocols: who owes whom, how much, and what survives a bankruptcy."""

from typing import Self

from pydantic import field_validator, model_validator

from model.scenario.bound import DELAY, MEMBERS, PROBABILITY, SHARE, between
from model.scenario.parameter import Section, parameter
from model.scenario.problem import one_of
from model.scenario.registry import GRAPHS

SENIORITIES = ("senior", "pari_passu")
RESOLUTIONS = ("continue", "dead", "recapitalised")
PROTOTYPE = "prototype: two creditors, once the smaller treasury"


class ExposureSection(Section):
    """The exposure network and the recoveries of its clearing."""

    graph: str = parameter("ring", "name", "who owes whom", PROTOTYPE)
    degree: int = parameter(
        2, "protocols", "creditors of each in `ring`, ties of a newcomer in `scale_free`", PROTOTYPE, MEMBERS
    )
    weight: float = parameter(
        1.0,
        "1",
        "what a protocol owes, in smaller treasuries of the two parties",
        PROTOTYPE,
        between(0, 1e6, "0: no debts; a million treasuries are never repaid"),
    )
    file: str = parameter(
        "",
        "path",
        "edge list `debtor creditor [amount in USD]`, GraphML, GEXF, GML or Pajek, for graph `file`",
        "the user",
    )
    blocks: int = parameter(2, "blocks", "groups that owe only among themselves, in `blocks`", "AER 105:564", MEMBERS)
    probability: float = parameter(
        0.25, "1", "chance that one protocol owes another, in `erdos_renyi`", "degree 2 among eight", PROBABILITY
    )
    core: int = parameter(
        2, "protocols", "members of the core of `core_periphery`", "Craig and von Peter (2014): a small core", MEMBERS
    )
    classes: int = parameter(
        2,
        "classes",
        "classes of claims between every pair, in `netted`",
        "Duffie and Zhu (2011)",
        between(1, 1_000, "at least one; venues list a few hundred contracts"),
    )
    cleared: int = parameter(
        0,
        "classes",
        "of them, cleared by a central counterparty, in `netted`",
        "Duffie and Zhu (2011): one",
        between(0, 1_000, "0: none; at most all classes"),
    )
    alpha: float = parameter(
        1.0, "1", "part of a defaulter's external assets that is recovered", "Eisenberg-Noe; stress 0.5", SHARE
    )
    beta: float = parameter(
        1.0, "1", "part of what a defaulter receives that is recovered", "Eisenberg-Noe; stress 0.5", SHARE
    )

    seniority: str = parameter(
        "senior", "name", "rank of traders' claims against debts to protocols", "customers first; AER 105:564"
    )
    resolution: str = parameter(
        "continue", "name", "what becomes of a protocol in default", "simplest; real venues halt or are recapitalised"
    )
    resolution_delay: float = parameter(
        240.0,
        "min",
        "time from default to trading again, in `recapitalised`",
        "within a run; Nasdaq Clearing took about a week, Hong Kong four days",
        DELAY,
    )

    @field_validator("graph")
    @classmethod
    def _known_graph(cls, value: str) -> str:
        return one_of("graph", value, GRAPHS)

    @field_validator("seniority")
    @classmethod
    def _known_seniority(cls, value: str) -> str:
        return one_of("seniority", value, SENIORITIES)

    @field_validator("resolution")
    @classmethod
    def _known_resolution(cls, value: str) -> str:
        return one_of("resolution", value, RESOLUTIONS)

    @model_validator(mode="after")
    def _cleared_classes(self) -> Self:
        if self.cleared > self.classes:
            raise ValueError(f"cleared is {self.cleared}; allowed: at most classes, {self.classes}")
        return self

    @model_validator(mode="after")
    def _file_and_graph(self) -> Self:
        if self.graph == "file" and not self.file:
            raise ValueError("file is empty; graph 'file' needs the path of an edge list")
        if self.file and self.graph != "file":
            raise ValueError(f"file {self.file!r} is given but graph is {self.graph!r}; allowed: graph 'file'")
        return self
