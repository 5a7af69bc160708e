"""The configuration of the page: what is set, on both sides, and how it is saved, loaded and shared.

Saved is TOML: the parameters that differ from their defaults, as in a scenario file, and a table ``app`` with the two
arrangements, the replication and the interventions. Shared is the same text, compressed, in the page's address. Files
of the machine are never named in either: anyone who opens a link must not make this machine read a file.
"""

import base64
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import tomli_w

from experiments.app.world.arrangement import Arrangement, presets, regimes, structures
from experiments.app.world.intervention import KINDS, Intervention
from experiments.plan.scenario_option import unnamed_prices
from model.scenario import Scenario, ScenarioError, plant
from model.scenario.parameter import Value
from model.scenario.problem import one_of
from model.scenario.toml_text import parse_toml

START: dict[str, Any] = {"price.process": "episode", "price.episode": "2025-10-10"}
FILES = ("price.files", "exposure.file", "trader.accounts")
UNSAVED = (*FILES, "price.names")
TABLE = "app"
LONGEST = 100_000
LONGEST_LINK = 16_000
"""Characters of a text, and of the text packed into an address."""
UPLOADED = "its prices were uploaded and are kept in no file and no link: upload them again, then set the rest"
UNREADABLE = "the address holds no configuration that can be read"


class Configuration(NamedTuple):
    """All that can be set.

    `changes` are the parameters that differ from the scenario's defaults, by dotted name.
    """

    changes: dict[str, Any] = START
    a: Arrangement = Arrangement("isolated", "socialized_loss")
    b: Arrangement = Arrangement("pooled", "socialized_loss")
    replication: int = 0
    interventions: tuple[Intervention, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario both sides share; raises ScenarioError."""
        return Scenario().replace(self.changes, "setting")

    def changed(self, name: str, value: Value) -> "Configuration":
        """Return the configuration with one parameter set."""
        return self._replace(changes={**self.changes, name: value})

    def to_toml(self) -> str:
        """Return the configuration as text; see the module."""
        tree: dict[str, Any] = {}
        for name, value in self.changes.items():
            if name not in UNSAVED and value is not None:
                plant(tree, name, value)
        page = {"replication": self.replication, "a": self.a._asdict(), "b": self.b._asdict()}
        done = {"interventions": [one._asdict() for one in self.interventions]} if self.interventions else {}
        return tomli_w.dumps({**tree, TABLE: {**page, **done}})

    def to_query(self) -> str:
        """Return the configuration as the part of an address after ``?``."""
        packed = zlib.compress(self.to_toml().encode(), 9)
        return f"c={base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def from_toml(text: str) -> Configuration:
    """Return the configuration saved as `text`, prices it does not name as at the start; raises ScenarioError."""
    try:
        tree = parse_toml(text)
    except ValueError as error:
        raise ScenarioError([str(error)]) from None
    page = tree.pop(TABLE, {})
    changes = flat(tree)
    problems = [f"{name}: files are uploaded, not named" for name in FILES if name in changes]
    if problems or not isinstance(page, dict):
        raise ScenarioError(problems or [f"{TABLE}: a table is needed"])
    if changes.get("price.process") == "replay":
        raise ScenarioError([UPLOADED])
    Scenario.from_mapping(tree, "file")
    return _with_page(Configuration({**unnamed_prices(changes), **changes}), page)


def from_query(query: str) -> Configuration:
    """Return the configuration in the part of an address after ``?``; raises ScenarioError."""
    packed = dict(part.partition("=")[::2] for part in query.split("&")).get("c", "")
    if len(packed) > LONGEST_LINK:
        raise ScenarioError([f"link: {len(packed)} characters: at most {LONGEST_LINK} are read"])
    try:
        raw, reader = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), zlib.decompressobj()
        text = reader.decompress(raw, LONGEST).decode()
    except (ValueError, zlib.error):
        raise ScenarioError([UNREADABLE]) from None
    if not reader.eof:
        raise ScenarioError([f"{UNREADABLE}: it is cut off, or more than {LONGEST} bytes"])
    return from_toml(text)


def _with_page(configuration: Configuration, page: dict[str, Any]) -> Configuration:
    try:
        sides: dict[str, Any] = {
            side: _arrangement(page[side], getattr(configuration, side)) for side in ("a", "b") if side in page
        }
        done = tuple(_intervention(item) for item in page.get("interventions", []))
        return configuration._replace(**sides, replication=max(int(page.get("replication", 0)), 0), interventions=done)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ScenarioError([f"{TABLE}: {error}"]) from None


def _arrangement(given: dict[str, str], usual: Arrangement) -> Arrangement:
    arrangement = usual._replace(**given)
    one_of("structure", arrangement.structure, structures())
    one_of("regime", arrangement.regime, regimes())
    if arrangement.preset:
        one_of("preset", arrangement.preset, presets())
    return arrangement


def _intervention(given: dict[str, Any]) -> Intervention:
    one_of("intervention", str(given.get("kind")), KINDS)
    numbers: dict[str, Any] = {name: float(value) if name == "size" else value for name, value in given.items()}
    intervention = Intervention(**numbers)
    whole = all(type(number) is int for number in (intervention.step, intervention.target, intervention.length))
    if not whole:
        raise ValueError(f"interventions: {given}: step, target and length are whole numbers")
    return intervention


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested mapping by dotted names, lists as tuples."""
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        inside = isinstance(value, Mapping)
        leaves |= flat(value, f"{prefix}{name}.") if inside else {f"{prefix}{name}": as_tuple(value)}
    return leaves


def as_tuple(value: Value) -> Value:
    """Return a list as a tuple, anything else as it is."""
    return tuple(value) if isinstance(value, list) else value
