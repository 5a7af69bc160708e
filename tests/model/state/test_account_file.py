"""Claims about accounts from files: what is wrong is told, all at once; row order and format change nothing."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.engine.account_table import account_table, write_accounts
from model.engine.engine import Engine
from model.price.segment import asset_of
from model.price.tape import draw_tape
from model.scenario import Scenario, ScenarioError
from model.scenario.registry import PROCESSES
from model.state.account_book import account_notes, book_of, listings_of, settled
from model.state.reader.account_file import read_accounts
from model.state.reader.position import Listings
from model.state.reader.problem import AccountFileError
from tests.support.fuzz import price_files

LISTINGS = Listings(("Aster", "Borea"), (2, 1), ("BTC", "ETH", "XRP"), (0, 1, 0), (100.0, 10.0, 100.0))
WORLD = {"price.process": "gbm", "protocol.number": 2, "protocol.listings": (2, 1), "protocol.name": ("Aster", "Borea"),
         "trader.number": (10, 9), "steps": 6, "minutes": 30.0, "provider.number": 2, "keeper.number": 2}  # fmt: skip
HEAD = "owner,venue,instrument,size,entry,collateral,margin\n"


def written(tmp_path, rows, head=HEAD, name="book.csv"):
    (tmp_path / name).write_text(head + rows)
    return tmp_path / name


def problems(file, listings=LISTINGS):
    with pytest.raises(AccountFileError) as caught:
        read_accounts(file, listings)
    return [line.removeprefix(f"{file}: ") for line in caught.value.problems]


def world(**changes):
    return Scenario().replace(WORLD | {name.replace("__", "."): value for name, value in changes.items()})


def summary(scenario):
    run = Engine(scenario)
    run.run()
    return run.summary()


def test_a_row_is_a_position_at_a_listing(tmp_path):
    rows = "bob,borea,,-2,,500,\nann,1,eth,3,9.5,40,Cross\nann,Aster,1,1,90,20,cross\n"
    found = read_accounts(written(tmp_path, rows), LISTINGS)
    assert found.listing.tolist() == [0, 1, 2] and found.owner.tolist() == [0, 0, 1]
    assert found.size.tolist() == [1.0, 3.0, -2.0] and found.entry.tolist() == [90.0, 9.5, 100.0]
    assert found.collateral.tolist() == [20.0, 40.0, 500.0] and found.cross.tolist() == [True, True, False]
    assert found.row.tolist() == [2, 1, 0] and np.isnan(found.wallet).all() and (found.strategy == -1).all()


def test_all_problems_are_listed_with_row_and_column(tmp_path):
    rows = "ann,Astr,BTC,1,,1,\nann,Aster,DOGE,1,,1,\nann,Aster,,1,,1,\n,Aster,BTC,x,,1,\nb,Aster,BTC,0,0,-1,some\n"
    rows += "c,Aster,BTC,1,1e9,,\nd,Borea,,1,,1,\nd,Borea,BTC,2,,1,\n"
    lines = problems(written(tmp_path, rows))
    assert [line.split(": ")[:3] for line in lines] == [
        ["venue", "row 1", "Astr"], ["instrument", "row 2", "DOGE"], ["instrument", "row 3", "nothing"],
        ["margin", "row 5", "some"], ["owner", "row 4", "nothing"], ["size", "row 4", "x"], ["size", "row 5", "0"],
        ["entry", "row 5", "0"], ["entry", "row 6", "1e9"], ["collateral", "row 5", "-1"],
        ["collateral", "row 6", "nothing"], ["owner", "row 8", "d"],
    ]  # fmt: skip
    assert "did you mean 'Aster'?" in lines[0] and "add them up" in lines[-1]


def test_many_rows_of_one_fault_are_counted(tmp_path):
    lines = problems(written(tmp_path, "".join(f"{n},Borea,BTC,0,,1,\n" for n in range(50))))
    assert len(lines) == 3 and lines[-1].endswith("(and 47 more rows)")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("owner,venue,size,collateral,collateral_ETH\n", "collateral_eth: currency not in this world; allowed: USD"),
        ("owner,venue,size,collateral,collateral_USD\n", "collateral: two columns"),
        ("owner,venue,size\n", "collateral lacking"),
        ("", "owner, size, collateral lacking"),
    ],
)
def test_columns_that_do_not_serve_are_named(tmp_path, head, told):
    assert told in problems(written(tmp_path, "a,Borea,1,1,1\n", head))[0]


def test_what_is_no_table_is_refused_in_one_line(tmp_path):
    for content in (b"", b"\x00\xff\xfe", b"PAR1 and more", b"owner,size,collateral\n"):
        (tmp_path / "x.csv").write_bytes(content)
        assert len(problems(tmp_path / "x.csv")) == 1
    assert "no such file" in problems(tmp_path / "absent.csv")[0]
    pq.write_table(pa.table({"owner": ["a"], "size": [True], "collateral": [1]}), tmp_path / "x.parquet")
    assert problems(tmp_path / "x.parquet")[0].startswith("size: a column of bool")


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_accounts_that_were_drawn_and_written_give_the_same_run_bit_for_bit(tmp_path, share):
    drawn = world(trader__cross_share=share)
    table = account_table(Engine(drawn))
    shuffled = table.take(np.random.default_rng(0).permutation(len(table)))
    shuffled.to_pandas().to_csv(tmp_path / "book.csv", index=False)
    write_accounts(Engine(drawn), tmp_path / "book.parquet")
    write_accounts(Engine(drawn), tmp_path / "own.csv")
    before = summary(drawn)
    for name in ("book.csv", "book.parquet", "own.csv"):
        given = world(trader__accounts=str(tmp_path / name))
        assert settled(given) is given
        np.testing.assert_equal(summary(given), before)


def test_without_leverage_wallet_and_strategy_they_are_found_and_drawn_in_any_order_and_format(tmp_path):
    table = account_table(Engine(world())).to_pandas().drop(columns=["wallet", "leverage", "strategy"])
    table["owner"] = [f"trader {n % 17} {n}" for n in range(len(table))]
    table.to_csv(tmp_path / "book.csv", index=False)
    table.sample(frac=1, random_state=2).to_parquet(tmp_path / "book.parquet")
    first, second = (Engine(world(trader__accounts=str(tmp_path / f"book.{kind}"))) for kind in ("csv", "parquet"))
    for one, other in zip(first.accounts, second.accounts, strict=True):
        assert np.array_equal(one, other)
    accounts, rows = first.accounts, np.flatnonzero(first.accounts.size)
    mark = first.exchange.mark.repeat(first.slots_per_listing)[rows]
    equity = accounts.collateral[rows] + accounts.size[rows] * (mark - accounts.entry_price[rows])
    assert accounts.leverage[rows] == pytest.approx(np.abs(accounts.size[rows]) * mark / equity)
    assert (accounts.wallet[rows] > 0.0).all() and len(set(accounts.strategy[rows])) > 1


def test_owners_with_cross_margin_have_one_slot_and_others_no_more_room_than_they_need(tmp_path):
    rows = "x,Aster,BTC,1,,50,cross\nx,Aster,ETH,-1,,,cross\n" + "".join(f"b{n},Aster,BTC,-1,,60,\n" for n in range(3))
    rows += "".join(f"e{n},Aster,ETH,1,,6,\n" for n in range(4)) + "z,Borea,,1,,60,\ny,Borea,,-1,,60,\n"
    run = Engine(world(trader__accounts=str(written(tmp_path, rows)), trader__number=1_000))
    assert run.scenario.trader.number == (4, 5, 2)
    cross = run.accounts.cross.reshape(3, -1)
    assert cross[:2, 0].tolist() == [1, 1] and cross.sum() == 2
    assert run.accounts.size.reshape(3, -1)[:, 0].tolist() == [1.0, -1.0, -1.0]
    run.run()
    assert run.summary()["imbalance"] < 1e-9


def test_an_owner_with_cross_margin_is_at_all_listings_and_nobody_else_comes_into_the_slot(tmp_path):
    rows = "x,Aster,BTC,1,,50,cross\ny,Aster,BTC,-1,,50,\nw,Aster,ETH,1,,5,\nv,Aster,ETH,-1,,5,\nz,Borea,,1,,50,\n"
    run = Engine(world(trader__accounts=str(written(tmp_path, rows)), trader__number=1_000))
    assert run.accounts.cross.reshape(3, -1)[:, 0].tolist() == [1, 1, 0]
    assert run.accounts.status.reshape(3, -1)[:2, 0].tolist() == [1, 1]
    assert run.accounts.size.reshape(3, -1)[1, :3].tolist() == [0.0, -1.0, 1.0]


ONE = {"protocol__number": 1, "protocol__listings": (1,), "protocol__name": ()}


def test_open_interest_and_numbers_are_the_files_and_others_are_refused(tmp_path):
    file = str(written(tmp_path, "a,1000,60000000\nb,-400,60000000\n", "owner,size,collateral\n"))
    plain = world(trader__accounts=file, trader__number=1_000, **ONE)
    whole = settled(plain)
    price = book_of(plain).price[0]
    assert whole.protocol.open_interest == (1_000 * price,) and whole.trader.number == (2,)
    assert settled(whole) is whole
    with pytest.raises(ScenarioError, match=r"trader.number 10 and trader.accounts .* disagree: the file makes 2"):
        settled(world(trader__accounts=file, **ONE))
    with pytest.raises(ScenarioError, match=r"open_interest .* disagree"):
        Engine(plain.replace({"protocol.open_interest": (1e6,)}))
    same = plain.replace({"protocol.open_interest": (1_000 * price * (1 + 1e-9),), "trader.number": 2})
    assert settled(same) is same


def test_the_vault_takes_what_sides_differ_by_and_without_one_they_must_be_equal(tmp_path):
    file = str(written(tmp_path, "a,1000,60000000\nb,-400,60000000\n", "owner,size,collateral\n"))
    plain = world(trader__accounts=file, trader__number=1_000, **ONE)
    run = Engine(plain)
    assert run.exchange.vault_size.tolist() == [-600.0]
    assert run.vault_equity() == pytest.approx(run.exchange.vault_start)
    assert "longs 1,000, shorts 400 contracts: its vault is short the difference" in account_notes(plain)[0]
    with pytest.raises(ScenarioError, match="longs 1,000 and shorts 400 contracts: at a listing without a vault"):
        Engine(plain.replace({"provider.number": 0}))


def test_accounts_that_are_bankrupt_at_the_start_are_told_and_liquidated(tmp_path):
    price = 100_000.0
    rows = f"a,1000,60000000,\nb,-990,60000000,\nc,-10,1,{price / 10}\nd,5,1,\ne,-5,400000,\n"
    file = str(written(tmp_path, rows, "owner,size,collateral,entry\n"))
    scenario = world(trader__accounts=file, trader__number=1_000, asset__initial_price=(price,), **ONE)
    [note] = account_notes(scenario)
    assert "2 of 5 positions" in note and "1 of them bankrupt" in note and "first row 3" in note
    run = Engine(scenario)
    run.run()
    assert (run.accounts.size[2:4] == 0.0).all() and run.summary()["imbalance"] < 1e-9


def test_no_accounts_at_a_listing_is_told(tmp_path):
    with pytest.raises(AccountFileError, match="no accounts at Aster ETH, Borea BTC"):
        settled(world(trader__accounts=str(written(tmp_path, "a,Aster,BTC,1,,1e6,\n")), protocol__asset=(0, 1, 0)))


def test_numbers_of_owners_are_one_in_all_formats(tmp_path):
    owners = {"owner": [10, 9, 2], "size": [1.0, -3.0, 2.0], "collateral": [1e3] * 3, "venue": [2.0, 2.0, 2.0]}
    pd.DataFrame(owners).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame(owners | {"owner": ["10", "9", "2"]}).to_csv(tmp_path / "b.csv", index=False, sep=";")
    pd.DataFrame(owners | {"owner": [10.0, 9.0, 2.0]}).to_csv(tmp_path / "c.csv.gz", index=False)
    for name in ("a.parquet", "b.csv", "c.csv.gz"):
        assert read_accounts(tmp_path / name, LISTINGS).size.tolist() == [2.0, -3.0, 1.0]


def test_a_run_is_saved_branched_and_put_back(tmp_path):
    write_accounts(Engine(world()), tmp_path / "book.parquet")
    run = Engine(world(trader__accounts=str(tmp_path / "book.parquet")))
    run.step()
    again = pickle.loads(pickle.dumps(run))
    for one in (run, again):
        one.run()
    np.testing.assert_equal(again.summary(), run.summary())


@pytest.mark.parametrize("process", sorted(PROCESSES))
def test_first_prices_are_those_of_every_replication(process):
    """So open interest is the file's in all of them; no process moves its first price."""
    changes = {"price.process": process, "price.files": tuple(map(str, price_files())), "steps": 3, "minutes": 30.0}
    changes |= {"price.start": "2024-02-02T00:00Z"} if process == "replay" else {}
    scenario = Scenario().replace(changes | {"protocol.number": 2, "protocol.listings": (2, 1)})
    for replication in (0, 5):
        tape = draw_tape(scenario, replication)
        asset = asset_of(scenario, len(tape.initial_price))
        assert listings_of(scenario).price == tuple(tape.initial_price[asset])


def test_owners_at_several_venues_are_the_files_where_they_meet_calls_elsewhere(tmp_path):
    rows = "x,Aster,BTC,1,,5e4,\nx,Borea,,-1,,5e4,\ny,Aster,BTC,-1,,5e4,\nz,Borea,,1,,5e4,\nz,Aster,ETH,1,,9e3,\n"
    rows += "w,Aster,ETH,-1,,9e3,\n"
    chosen = {"trader__accounts": str(written(tmp_path, rows)), "trader__number": 1_000}
    assert not Engine(world(**chosen)).owners.partner.size
    run = Engine(world(**chosen, trader__venues_share=1.0))
    ring, slots = run.owners.partner, run.slots_per_listing
    linked = np.flatnonzero(ring >= 0)
    assert len(linked) == 4 and (ring[ring[linked]] == linked).all()
    assert (linked // slots).tolist() == [0, 1, 2, 2]
    run.run()
    assert run.summary()["imbalance"] < 1e-9
