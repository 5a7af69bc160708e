"""The page without a browser: its components render, and what a visitor asks for happens to that visitor alone."""

import base64
import gc
import gzip
import json
import re
import threading
import time
import weakref
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import solara
from ipyvuetify import VuetifyTemplate
from solara.server import server, settings

from experiments.app.chart.network import diameter, nearest
from experiments.app.chart.stage import LIVE, drawing, headline, stage
from experiments.app.control import bounds, controls, groups, nice, parse, slider_range
from experiments.app.export import EXPORTS
from experiments.app.server.server import SETTINGS
from experiments.app.session.configuration import Configuration, from_query, from_toml
from experiments.app.session.scene import SCENES
from experiments.app.session.session import Session, build
from experiments.app.session.upload import LARGEST_PRICES, LIMITS, safe_name
from experiments.app.view import live
from experiments.app.view.detail import money
from experiments.app.view.live import Live
from experiments.app.world.account_sheet import account_sheet, holdings
from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import Intervention
from experiments.app.world.snapshot import Member, snapshot
from experiments.app.world.wave import largest, wave
from model.price.reader.file import PRICES
from model.scenario import Scenario, ScenarioError
from model.scenario.parameter import declarations
from tests.support.world import CRASH

TINY = Configuration(CRASH)
CSV = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2025-01-01 {hour:02}:00,{100 + hour},{101 + hour},{99 + hour},{100.5 + hour},1\n" for hour in range(12)
)


@pytest.fixture
def session():
    frames = []
    made = Session(frames.append, TINY, step=0)
    made.frames = frames
    yield made
    made.close()


@pytest.fixture
def hit():
    """A world in which something has gone wrong at one protocol, and funds are not yet all empty."""
    world = build(TINY.changed("seed", 2))
    world.step(2)
    world.intervene(Intervention("exploit", 2, 0.03, 0))
    world.intervene(Intervention("price_shock", 3, -0.1))
    world.step(20)
    return world


def test_every_parameter_has_a_control_or_a_place_of_its_own():
    elsewhere = {"seed", "backstop.structure", "backstop.regime"}
    elsewhere |= {"price.files", "price.names", "exposure.file", "price.start", "trader.accounts"}
    elsewhere |= {"asset.correlation_matrix", "asset.factor_loading"}  # tables: a configuration that is loaded has them
    assert set(controls()) | elsewhere == {declared.name for declared in declarations(Scenario)}


def test_what_may_differ_by_protocol_is_typed_as_one_number_or_as_a_list():
    leverage, traders, fee = (controls()[n] for n in ("trader.long_leverage", "trader.number", "market.funding_cap"))
    assert (parse(leverage, "3.5"), parse(leverage, "3.5, 8")) == (3.5, (3.5, 8.0))
    assert parse(traders, "30, 20") == (30, 20) and traders.kind == "integer"
    with pytest.raises(ValueError, match="a number is needed"):
        parse(fee, "1, 2")


@pytest.mark.parametrize("control", controls().values(), ids=lambda control: control.name)
def test_a_control_can_show_its_default(control):
    assert control.meaning
    assert control.unit
    if control.kind == "choice":
        assert control.default in control.choices
    if control.kind in ("number", "integer") and control.default is not None:
        assert control.low <= control.default <= control.high
        assert 0 < control.step <= control.high - control.low


def test_bounds_are_the_declared_ones():
    declared = {declared.name: declared for declared in declarations(Scenario)}
    assert bounds(declared["backstop.pooled_share"]) == (0, 1)
    assert bounds(declared["backstop.structure"]) == (None, None)
    assert slider_range(0.5, (0, 1)) == (0.0, 1.0)
    assert slider_range(1.0, (0, None)) == (0.0, 5.0)
    assert [nice(value) for value in (0.7, 1.0, 3.4, 99.0)] == [0.5, 1.0, 2.0, 50.0]
    assert groups()[0].name == "backstop"


def test_what_is_typed_is_read_by_the_kind_of_its_control():
    known = controls()
    assert parse(known["backstop.capital_ratio"], " 0.02 ") == 0.02
    assert parse(known["steps"], "") is None
    assert parse(known["protocol.open_interest"], "[1e8, 2e8]") == (1e8, 2e8)
    assert parse(known["asset.name"], "BTC, ETH") == ("BTC", "ETH")
    for name, text in (("backstop.capital_ratio", "much"), ("protocol.number", "2.5")):
        with pytest.raises(ValueError, match="number is needed"):
            parse(known[name], text)


def test_a_configuration_survives_saving_and_sharing():
    chosen = Configuration(CRASH).changed("protocol.open_interest", (1e8, 2e8)).changed("seed", 9)
    chosen = chosen._replace(b=Arrangement("partial", "adl"), interventions=(Intervention("exploit", 3, 0.1, 1, 1),))
    assert from_toml(chosen.to_toml()) == chosen
    assert from_query(chosen.to_query()) == chosen


@pytest.mark.parametrize(
    "text",
    [
        "seed = ",
        "sed = 1",
        'price = { process = "replay", files = ["secret.csv"] }',
        'app = { a = { structure = "nothing" } }',
        'app = { interventions = [{ kind = "exploit", step = "x", size = 1 }] }',
        "app = 3",
    ],
)
def test_a_bad_configuration_is_refused_in_words(text):
    with pytest.raises(ScenarioError) as caught:
        from_toml(text)
    assert caught.value.problems[0]


def test_a_link_that_is_none_is_refused():
    with pytest.raises(ScenarioError):
        from_query("c=%%%")


def test_a_bad_value_leaves_everything_as_it_was_and_says_so_at_its_control(session):
    before, world = session.configuration, session.world
    assert not session.change("backstop.capital_ratio", -1.0)
    assert "allowed: 0 to 100" in session.problems["backstop.capital_ratio"]
    assert not session.reseed("seven")
    assert session.problems["seed"] == "'seven' is no whole number"
    assert (session.configuration, session.world) == (before, world)
    assert session.change("backstop.capital_ratio", 0.02)
    assert "backstop.capital_ratio" not in session.problems


def test_a_world_too_large_for_a_page_is_refused(session):
    assert not session.change("trader.number", 10_000_000)
    assert not session.change("protocol.number", 1_000)
    assert "on this page" in session.problems["trader.number"] + session.problems["protocol.number"]


def test_a_good_price_file_is_replayed(session):
    assert session.upload("../../my prices.csv", CSV.encode()), session.problems
    assert session.world.sides[0].ecosystem.assets == ("my_prices",)
    [place] = session.configuration.changes["price.files"]
    assert session.uploads.folder in Path(place).parents


def test_an_upload_neither_replaces_nor_removes_another_of_its_name(session):
    assert session.upload("gold.csv", CSV.encode()), session.problems
    first = session.configuration.changes["price.files"]
    assert not session.upload("gold.csv", b"no,price\n1,2\n")
    assert session.configuration.changes["price.files"] == first
    assert Path(*first).read_text() == CSV
    assert session.change("seed", 3), session.problems
    assert session.upload("gold.csv", CSV.replace("2025", "2024").encode()), session.problems
    assert session.configuration.changes["price.files"] != first
    assert len(list(session.uploads.folder.rglob("*.csv"))) == 1
    assert session.world.sides[0].ecosystem.assets == ("gold",)


def test_a_small_upload_cannot_hold_more_rows_than_a_page_reads(session):
    table = pa.table({name: pa.array(np.ones(LIMITS.rows + 1, np.int64)) for name in ("time", *PRICES)})
    pq.write_table(table, held := BytesIO())
    assert len(held.getvalue()) < LARGEST_PRICES
    assert not session.upload("long.parquet", held.getvalue())
    assert "600,001 rows: at most 600,000" in session.problems["upload"]
    assert not session.upload("bomb.csv.gz", gzip.compress(bytes(LIMITS.size + 1)))
    assert "at most 100,000,000 are allowed, unpacked" in session.problems["upload"]


@pytest.mark.parametrize("content", [b"", b"Date,Open\n1,2\n", b"\x00\xff\xfe", b"x" * (LARGEST_PRICES + 1)])
def test_a_broken_upload_is_refused_in_words_without_a_path(session, content):
    before = session.configuration
    assert not session.upload("prices.csv", content)
    assert session.problems["upload"].startswith("prices.csv")
    assert str(session.uploads.folder) not in session.problems["upload"]
    assert session.configuration == before
    assert not any(session.uploads.folder.iterdir())


def test_file_names_lose_their_folders():
    assert safe_name("..\\..\\a b.csv") == "a_b.csv"
    assert safe_name("../../etc/passwd") == "passwd.csv"


def test_two_sessions_are_apart(session):
    other = Session(lambda frame: None, TINY, step=0)
    other.change("backstop.capital_ratio", 0.5)
    other.intervene(Intervention("exploit", 0, 0.5))
    with other.player.lock:
        other.world.step(5)
    assert session.configuration == TINY
    assert session.world.interventions == []
    assert other.uploads.folder != session.uploads.folder
    other.close()
    assert not other.uploads.folder.exists()


def wait(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def test_a_frame_is_published_only_after_the_last_one_was_drawn(session):
    frames, player = session.frames, session.player
    player.speed = 1000.0
    thread = player.start()
    wait(lambda: len(frames) == 1)
    player.play(True)
    wait(lambda: session.world.clock > 5)
    assert len(frames) == 1
    player.drawn(1)
    wait(lambda: len(frames) == 2)
    assert frames[1].shot.clock > 5
    for _ in range(200):
        player.drawn(frames[-1].number)
        time.sleep(0.01)
        if session.world.over and frames[-1].shot.clock == session.world.horizon:
            break
    assert frames[-1].shot.clock == session.world.horizon
    assert [frame.number for frame in frames] == list(range(1, len(frames) + 1))
    assert not player.playing
    player.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_seeking_back_shows_the_same_frame_again(session):
    player, frames = session.player, session.frames
    player.publish = lambda frame: (frames.append(frame), player.drawn(frame.number))
    player.start()
    player.seek(20)
    wait(lambda: frames and frames[-1].shot.clock == 20)
    then = frames[-1].shot
    player.seek(4)
    wait(lambda: frames[-1].shot.clock == 4)
    player.seek(20)
    wait(lambda: frames[-1].shot.clock == 20)
    assert frames[-1].shot == then


def test_every_chart_can_be_drawn_and_says_what_it_is(hit):
    charts = stage(snapshot(hit), LIVE)
    assert [chart.key for chart in charts] == list(LIVE)
    assert all(chart.summary and chart.option["series"] for chart in charts)
    assert all(chart.option["animation"] is False for chart in charts)
    number, *lines = drawing(3, charts).split("\n")
    assert number == "3"
    assert [line.split("\t")[0] for line in lines] == list(LIVE)
    assert [json.loads(line.split("\t")[2]) for line in lines] == [chart.option for chart in charts]


def test_the_headline_names_who_covers_more(hit):
    assert headline(snapshot(hit)).endswith(("more.", "less uncovered."))
    assert "No loss" in headline(snapshot(build(TINY)))


def test_a_closed_vault_is_named_in_headline_sheet_and_wave():
    """Traders' and vaults' deficits are told apart wherever losses are shown."""
    world = build(TINY.changed("protocol.vault_ratio", 1e-3))
    world.intervene(Intervention("price_shock", 2, -0.2))
    world.step(10)
    ecosystem = world.sides[0].ecosystem
    i = int(ecosystem.protocol.vault_deficit.argmax())
    assert ecosystem.protocol.vault_deficit[i] > 1e4
    shot = snapshot(world)
    asked, lost = (max(side.totals[name] for side in shot.sides) for name in ("backstop_loss", "vault_deficit"))
    assert f"of ${asked:.2f}M" in headline(shot)
    assert "Besides, closed vaults lost" in headline(shot)
    assert asked + lost == pytest.approx(max(side.totals["deficit"] for side in shot.sides))
    terms = dict(account_sheet(world.sides[0], i).treaty)
    assert terms["its vault"].startswith("closed")
    assert terms["of them, the vault's beyond its equity"] == f"${ecosystem.protocol.vault_deficit[i] * 1e-6:.2f}M"
    found = wave(world.sides[0], 3)
    assert found is not None and found.vault_deficit[i] * 1e6 == pytest.approx(ecosystem.protocol.vault_deficit[i])


def test_a_vault_the_backstop_stands_for_is_part_of_what_is_asked_of_it():
    world = build(TINY.changed("protocol.vault_ratio", 1e-3).changed("backstop.vault_cover", "backstop"))
    world.intervene(Intervention("price_shock", 2, -0.2))
    world.step(10)
    shot = snapshot(world)
    assert f"of ${max(side.totals['deficit'] for side in shot.sides):.2f}M" in headline(shot)
    assert "Of it, closed vaults lost" in headline(shot)


def test_the_account_sheet_agrees_with_the_margin_engine(hit):
    side = hit.sides[0]
    sheet, held = account_sheet(side, 0), holdings(side, 0)
    assert sum(sheet.leverage) == sum(sheet.distance) == len(held["size"])
    flagged = held["equity"] < float(side.ecosystem.exchange.maintenance[0]) * np.abs(held["notional"])
    assert np.array_equal(held["distance"] <= 0, flagged)
    assert abs(sheet.largest[0].notional) == pytest.approx(np.abs(held["notional"]).max() * 1e-6)


def test_a_wave_adds_up(hit):
    side = hit.sides[0]
    found = wave(side, largest(side)[0])
    record = side.ecosystem.record.total("liquidated", hit.clock)[found.first : found.last + 1]
    assert sum(found.liquidated) == pytest.approx(record.sum() * 1e-6)
    assert wave(build(TINY).sides[0], 0) is None


@pytest.mark.parametrize("kind", EXPORTS)
def test_the_run_can_be_exported(hit, kind):
    content = EXPORTS[kind](hit)
    start = {"csv": b'"side","step"', "parquet": b"PAR1", "gif": b"GIF89a"}[kind]
    assert content.startswith(start)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_scene_ends_as_its_text_says(scene):
    world = build(scene.configuration)
    assert not scene.claim(world)
    world.step(scene.end)
    assert scene.claim(world)


def test_the_front_end_is_the_one_solara_asks_for():
    """Solara names the version of its front end in its template; the assets hold exactly that one."""
    template = (server.directory / "templates" / "solara.html.j2").read_text(encoding="utf-8")
    wanted = set(re.findall(r"@widgetti/solara-vuetify-app@[\d.]+", template))
    assert len(wanted) == 1
    assert (settings.assets.proxy_cache_dir / wanted.pop() / "dist").is_dir()
    assert (settings.assets.proxy_cache_dir / "echarts@5.4.0" / "dist" / "echarts.min.js").is_file()


def test_nothing_is_asked_of_the_outside_world():
    assert SETTINGS["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] == "False"
    assert SETTINGS["SOLARA_MODE"] == "production"
    assert SETTINGS["SOLARA_ASSETS_CDN"].startswith("http://localhost")


def players():
    return {thread for thread in threading.enumerate() if thread.name == "player" and thread.is_alive()}


def play_and_leave(monkeypatch):
    """Open the page, play, close it; return the folder of its uploads and a weak reference to its model."""
    made = []
    monkeypatch.setattr(live, "opened", lambda publish, query: made.append(Session(publish, TINY)) or made[-1])
    _, context = solara.render(Live(""), handle_error=False)
    [session] = made
    session.player.play(True)
    wait(lambda: session.world.clock > 1)
    context.close()
    return session.uploads.folder, weakref.ref(session.world.sides[0].ecosystem)


def test_a_page_that_is_gone_stops_its_model_and_leaves_nothing_behind(monkeypatch):
    before = players()
    folder, model = play_and_leave(monkeypatch)
    wait(lambda: not players() - before)
    monkeypatch.undo()
    gc.collect()
    assert model() is None
    assert not folder.exists()


def test_the_page_is_rendered_once_a_frame_and_holds_no_long_lists(monkeypatch):
    """What a frame costs the server: Solara walks through every list on the page in every pass."""
    made = []
    monkeypatch.setattr(live, "opened", lambda publish, query: made.append(Session(publish, TINY)) or made[-1])
    _, context = solara.render(Live(""), handle_error=False)
    shelf = next(widget for widget in context.find(VuetifyTemplate).widgets if widget.has_trait("sides"))
    wait(lambda: made[0].player.goal is None)
    time.sleep(0.3)
    passes, shown = context.render_count, made[0].player._published
    made[0].player.drawn(shown)
    made[0].player.seek(3)
    wait(lambda: made[0].player._published > shown)
    time.sleep(0.3)
    assert context.render_count - passes <= made[0].player._published - shown
    assert isinstance(shelf.groups, str)
    context.close()


def test_the_page_renders_and_follows_its_shelf():
    box, context = solara.render(Live(TINY.to_query()), handle_error=False)
    shelf = next(widget for widget in context.find(VuetifyTemplate).widgets if widget.has_trait("sides"))
    wait(lambda: shelf.sides[1]["structure"] == "pooled")
    shelf.vue_arrange({**shelf.sides[1], "structure": "partial"})
    wait(lambda: shelf.sides[1]["structure"] == "partial")
    shelf.vue_change({"name": "backstop.capital_ratio", "text": "lots"})
    wait(lambda: "number is needed" in shelf.problems.get("backstop.capital_ratio", ""))
    shelf.vue_change({"name": "backstop.capital_ratio", "text": "0.03"})
    wait(lambda: shelf.values.get("backstop.capital_ratio") == 0.03)
    shelf.vue_load({"name": "x.toml", "data": base64.b64encode(b"nonsense").decode()})
    wait(lambda: "TOML" in shelf.problems.get("load", ""))
    context.close()
    assert box is not None


@pytest.mark.parametrize("number", [2, 3, 8, 24, 60])
def test_nodes_of_a_network_never_overlap(number):
    size = max(diameter(member(interest), 100.0, number) for interest in (0.0, 50.0, 100.0))
    assert 0 < size <= nearest(number)


def member(interest):
    return Member("P0", "BTC", interest, 1.0, True, False, -1, "", 0.0, 0.0)


def test_money_is_told_in_hundredths():
    assert [money(value) for value in (0.0, 1e-12, 5e-6, -5e-6, 0.01, -1234.5)] == [
        "0.00",
        "0.00",
        "< 0.01",
        "> −0.01",
        "0.01",
        "-1,234.50",
    ]


def test_a_chart_that_shows_the_same_is_the_same_text(hit):
    """What changes by less than can be seen, and what only the pointer asks for, is no reason to draw again."""
    shot = snapshot(hit)
    side = shot.sides[0]
    moved = [item._replace(open_interest=item.open_interest * (1 + 1e-6), health=item.health) for item in side.members]
    layers = [item._replace(left=item.left * (1 + 1e-7)) for item in side.layers]
    later = shot._replace(sides=(side._replace(members=moved, layers=layers), shot.sides[1]))
    before, after = (stage(item, ("network-a", "layers")) for item in (shot, later))
    assert [chart.option for chart in before] == [chart.option for chart in after]
    assert len(before[0].notes) == len(side.members)
