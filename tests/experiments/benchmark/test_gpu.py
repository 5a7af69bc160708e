"""The experiment on a GPU: what goes to a device comes back, and runs on it are those of the CPU."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.benchmark.compiled import differences
from experiments.benchmark.gpu.experiment import COMPARED, WORLDS, Batch, Core, compare, distance, lacking, main
from experiments.benchmark.gpu.gpu_layout import REST, STATE, Layout, Packer, World, leaves_of, twin
from model.ecosystem import Ecosystem
from model.scenario import Scenario

SMALL = Scenario().replace(WORLDS["10 October 2025"] | {"trader.number": 100})


def world_of(ecosystem):
    return World(ecosystem.kernel_tables, ecosystem.rules, ecosystem.tape)


@pytest.fixture(scope="module")
def world():
    ecosystem = Ecosystem(SMALL)
    for _ in range(3):
        ecosystem.step()
    return world_of(ecosystem)


def test_what_python_may_have_changed_comes_back_bit_for_bit(world):
    layout, other = Layout(world), twin(world)
    room = np.zeros(layout.sizes[STATE], np.uint8)
    Packer(layout, world).pack(STATE, room)
    state = [array for leaf, (_, array) in zip(layout.leaves, leaves_of(other), strict=True) if leaf.row == STATE]
    for array in state:
        array.view(np.uint8)[...] = 0
    assert sum(array.nbytes for array in state) > 80_000

    Packer(layout, other).unpack(STATE, room)

    pairs = zip(layout.leaves, leaves_of(world), leaves_of(other), strict=True)
    assert all(one.tobytes() == again.tobytes() for _, (_, one), (_, again) in pairs)


def test_of_the_rest_only_series_come_back(world):
    layout, other = Layout(world), twin(world)
    room = np.zeros(layout.sizes[REST], np.uint8)
    Packer(layout, other).unpack(REST, room)
    emptied = {path for path, array in leaves_of(other) if array.size and not array.tobytes().strip(b"\0")}
    assert {("tables", "ecosystem"), ("tables", "asset"), ("tables", "member")} <= emptied
    assert np.array_equal(other.tape.gas, world.tape.gas)


def test_arrays_that_share_their_memory_share_their_bytes(world):
    spans = {leaf.path: leaf.span for leaf in Layout(world).leaves}
    assert spans["tables", "mood", "strain"] == spans["terms", "capital", "strain"]
    copy = twin(world)
    copy.tables.mood.strain[0] = 5.0
    assert copy.terms.capital.strain[0] == 5.0 != world.terms.capital.strain[0]


def test_arrays_that_share_a_part_of_their_memory_are_refused(world):
    part = world.tables._replace(rounds=world.tables.book.balance[0, :1].view(np.int64))
    with pytest.raises(ValueError, match="share a part"):
        Layout(world._replace(tables=part))


@pytest.mark.compiled
def test_runs_with_deficits_that_stop_for_python_are_those_of_the_cpu():
    stopping = SMALL.replace({"fund.base_share": 0.5})  # funds are valued in Python, at every step
    runs = [Ecosystem(stopping, replication) for replication in range(2)]
    batch = Batch(runs, Core)
    batch.run()
    assert batch.acts > 20
    for replication, run in enumerate(runs):
        again = Ecosystem(stopping, replication)
        again.run()
        assert again.summary()["deficit"] > 0.0
        assert not list(differences(run, again))


@pytest.mark.parametrize(
    ("one", "other", "least", "apart"),
    [
        ([1.0, np.nan], [1.0, np.nan], 0.0, 0.0),
        ([1.0, 8.0], [1.0, 10.0], 0.0, 0.2),
        ([0.5], [0.0], 10.0, 0.05),
        ([0.5], [0.0], 0.0, np.inf),
        ([np.nan, 1.0], [1.0, 1.0], 0.0, np.inf),
    ],
)
def test_distance_is_a_share_of_the_greatest_value(one, other, least, apart):
    assert distance(np.array(one), np.array(other), least) == pytest.approx(apart)


@pytest.mark.skipif(not lacking(), reason="there is a GPU")
def test_the_command_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gpu"])
    assert main() == 1
    assert capsys.readouterr().err == f"nothing is measured: {lacking()}\n"


@pytest.mark.compiled
def test_the_record_of_a_world_says_how_far_a_device_is_from_a_core(monkeypatch, capsys):
    on_core = SimpleNamespace(Gpu=lambda layout, worlds, lanes: Core(layout, worlds), device_name=lambda: "a core")
    monkeypatch.setattr("experiments.benchmark.gpu.experiment.kernels", lambda: on_core)
    monkeypatch.setattr("experiments.benchmark.gpu.experiment.lacking", lambda: "")
    monkeypatch.setattr(
        "experiments.benchmark.gpu.experiment.WORLDS", {"small": WORLDS["10 October 2025"] | {"trader.number": 50}}
    )
    monkeypatch.setattr("sys.argv", ["gpu", "--runs", "2"])

    assert main() == 0

    printed = json.loads(capsys.readouterr().out)
    (record,) = printed["worlds"]
    assert (printed["gpu"], record["world"], record["runs"]) == ("a core", "small", 2)
    assert (record["compared"], record["equal"], record["furthest"]["by"]) == (2, 2, 0.0)
    assert record["python_acts"] > 0
    assert record["runs_per_second"] < record["kernel_runs_per_second"]


@pytest.mark.gpu
@pytest.mark.skipif(bool(lacking()), reason=lacking())
@pytest.mark.parametrize("name", WORLDS)
def test_whole_runs_on_a_gpu_are_the_cpus(name):
    record = compare(name, 8)
    assert record["equal"] == record["compared"] == min(8, COMPARED), record["furthest"]
    assert record["python_acts"] > 0 or name != "10 October 2025"
