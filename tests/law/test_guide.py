"""The contribution guide, word for word: its files are written, its lines are run, its parts do what they say.

A strategy is compiled into the traders' kernel; a copy of the sources gets it, with the registrations the guide names.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.scenario.registry import PROCESSES, REGIMES, STRUCTURES

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python file=(\S+)\n(.*?)```", GUIDE, re.DOTALL))
RUNS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
PARTS = ("own_and_shared", "flat_fee", "sawtooth", "contrarian")


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the guide's files, importable; registries are as before afterwards."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(STRUCTURES, "_places", dict(STRUCTURES._places))
    monkeypatch.setattr(REGIMES, "_places", dict(REGIMES._places))
    monkeypatch.setattr(STRUCTURES, "added", {})
    monkeypatch.setattr(REGIMES, "added", {})
    before = dict(PROCESSES)
    yield tmp_path
    PROCESSES.clear()
    PROCESSES.update(before)
    for name in PARTS:
        sys.modules.pop(name, None)


def executed(number):
    scope = {"__name__": "guide"}
    exec(compile(RUNS[number], "CONTRIBUTING.md", "exec"), scope)
    return scope


def test_every_kind_of_part_has_a_file_and_a_run():
    assert [name.removesuffix(".py") for name in FILES] == list(PARTS)
    assert len(RUNS) == len(PARTS)
    assert all(len(text.splitlines()) <= 20 for text in FILES.values())


def test_the_structure_pays_nobody_more_than_it_paid_in(workplace, capsys):
    ecosystem = executed(0)["ecosystem"]
    structure = ecosystem.structure
    assert type(structure).__name__ == "OwnAndShared" and ecosystem.ledger.imbalance() < 1e-9
    left = structure.entitlement.copy()
    loss = np.full(8, 1e9)
    _, paid = structure.pay(loss, loss, 2.0 * structure.pot_capital, np.full(8, 0.5), 0)
    assert paid == pytest.approx(left) and (paid > 0.4 * structure.capital).all()
    assert capsys.readouterr().out


def test_the_regime_places_losses_and_money_is_conserved(workplace, capsys):
    ecosystem = executed(1)["ecosystem"]
    summary = ecosystem.summary()
    assert summary["uncovered"] > 0 and summary["paid_regime"] == pytest.approx(summary["uncovered"])
    assert ecosystem.ledger.imbalance() < 1e-9 and capsys.readouterr().out
    haircut = ecosystem.accounts.haircut[ecosystem.accounts.haircut > 0]
    assert len(haircut) > 20


def test_the_process_goes_up_and_down(workplace, capsys):
    log_return = executed(2)["ecosystem"].tape.log_return
    assert (log_return[::2] > 0).all() and (log_return[1::2] < 0).all() and capsys.readouterr().out


def test_the_strategy_sells_what_rises(workplace, capsys):
    scope = executed(3)
    assert scope["contrarian"](scope["view"]) == pytest.approx(10.0 - 5.0 * np.tanh(1.0))
    assert capsys.readouterr().out


def test_the_strategy_is_registered_by_the_entries_the_guide_names(tmp_path):
    for package in ("agents", "model"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "agents" / "trader" / "strategy" / "contrarian.py").write_text(FILES["contrarian.py"], encoding="utf-8")
    entry = re.search(r'`("contrarian": \w+)`', GUIDE).group(1)
    line = re.search(r"`(contrarian: float.+?\))`", GUIDE).group(1)
    imported = "from agents.trader.strategy.contrarian import contrarian"
    insert(tmp_path / "agents/trader/strategy/__init__.py", "STRATEGIES = {", f"    {entry},")
    insert(tmp_path / "agents/trader/strategy/__init__.py", "from agents.core.kernel", imported)
    insert(tmp_path / "model/scenario/section/trader.py", "    noise: float", f"    {line}")
    code = (
        "from model.ecosystem import Ecosystem; from model.scenario import Scenario\n"
        "terms = {'trader.contrarian': 1.0, 'trader.number': 20, 'steps': 3, 'trader.noise': 0.0, 'trader.trend': 0.0,"
        " 'trader.fundamentalist': 0.0, 'trader.carry': 0.0, 'trader.hedger': 0.0}\n"
        "e = Ecosystem(Scenario().replace(terms)); e.run_for(3)\n"
        "from agents.trader.trader import Trader\n"
        "print({t.strategy_name for t in e.agents_by_type[Trader]})"
    )
    alone = {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "{'contrarian'}"


def insert(path, after, line):
    """Write a line below the first line that begins with `after`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(number for number, text in enumerate(lines) if text.startswith(after))
    path.write_text("\n".join([*lines[: place + 1], line, *lines[place + 1 :]]) + "\n", encoding="utf-8")
