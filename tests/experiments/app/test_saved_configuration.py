"""What is saved of the page is TOML, whatever is in it, and what was saved before reads the same."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from experiments.app.session.configuration import TABLE, UNSAVED, Configuration, flat, from_toml
from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import Intervention

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NAME = TEXT.filter(lambda name: "." not in name)
NUMBER = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False)
VALUE = TEXT | NUMBER | st.booleans() | st.lists(TEXT, max_size=3).map(tuple) | st.lists(NUMBER, max_size=3).map(tuple)
CHANGES = st.dictionaries(
    st.tuples(NAME.filter(lambda name: name != TABLE), NAME).map(".".join), VALUE, max_size=5
).filter(lambda changes: not changes.keys() & set(UNSAVED))

BEFORE = """seed = 9

[protocol]
open_interest = [100000000.0, 200000000.0]

[price]
process = "gbm"

[asset]
name = ["a \\"quoted\\" name", "tab\\tand 50 %"]

[app]
replication = 4
a = { structure = "isolated", regime = "socialized_loss", preset = "" }
b = { structure = "partial", regime = "adl", preset = "" }
interventions = [{ kind = "exploit", step = 3, size = 0.1, target = 1, length = 1 }]
"""
CHOSEN = Configuration(
    {
        "seed": 9,
        "protocol.open_interest": (1e8, 2e8),
        "price.process": "gbm",
        "asset.name": ('a "quoted" name', "tab\tand 50 %"),
    },
    Arrangement("isolated", "socialized_loss"),
    Arrangement("partial", "adl"),
    4,
    (Intervention("exploit", 3, 0.1, 1, 1),),
)


@given(CHANGES, st.integers(0, 2**31))
def test_any_name_and_value_is_read_back(changes, replication):
    tree = tomllib.loads(Configuration(changes, replication=replication).to_toml())
    assert tree.pop(TABLE)["replication"] == replication
    assert flat(tree) == changes


def test_what_was_saved_by_hand_reads_the_same():
    assert from_toml(BEFORE) == CHOSEN == from_toml(CHOSEN.to_toml())
