"""The page's server refuses what is not its page's: names, origins, addresses, messages, sizes."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from types import SimpleNamespace

import click
import pytest

from experiments.app.chart.network import network
from experiments.app.server.address import hold
from experiments.app.server.guard import BURST, MEASURE, RATE, Ear, Guard, objection
from experiments.app.server.header import policy, signed
from experiments.app.server.reach import origin_of, reach
from experiments.app.server.server import SETTINGS, UVICORN
from experiments.app.session.configuration import LONGEST_LINK, Configuration, from_query, from_toml
from experiments.app.session.limit import MOST_INTERVENTIONS, require_moderate
from experiments.app.session.player import SHORTEST, Frame, Player
from experiments.app.session.session import Session, build
from experiments.app.session.upload import LARGEST_PRICES
from experiments.app.world.intervention import Intervention
from experiments.app.world.snapshot import snapshot
from experiments.cli.app import app as command
from model.scenario import ScenarioError

pytestmark = pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated")
PORT = 8765
OWN = reach("localhost", PORT)
HOST, ORIGIN = f"localhost:{PORT}", f"http://localhost:{PORT}"
HOSTILE = "<img src=x onerror=window.__pwned=1>"
TINY = Configuration(changes={"trader.number": 16, "protocol.number": 2, "provider.number": 2, "steps": 4})


@pytest.fixture(scope="module")
def whole():
    """The site as it is served."""
    with pytest.MonkeyPatch.context() as surroundings:
        for name, value in SETTINGS.items():
            surroundings.setenv(name, value)
        from experiments.app.server.site import site  # noqa: PLC0415

        yield site(OWN, 2)


def ask(application, path="/", method="GET", host=HOST, query="", **headers):
    """Return status, headers and text of an answer, without a socket."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", host.encode()), *sent],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", PORT),
    }
    said = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        said.append(message)

    asyncio.run(application(scope, receive, send))
    found = {name.decode().lower(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], found, b"".join(item.get("body", b"") for item in said[1:]).decode("utf-8", "replace")


def knock(application, name="0f0f", host=HOST, origin=ORIGIN, query="session_id=1"):
    """Return what a websocket is told first: accepted, or closed with a code."""
    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    path = f"/jupyter/api/kernels/{name}/channels"
    scope = {"type": "websocket", "scheme": "ws", "path": path, "query_string": query.encode(), "headers": headers}
    said = []

    async def receive():
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(message):
        said.append(message)

    asyncio.run(application(scope, receive, send))
    return said[0]["type"].removeprefix("websocket."), said[0].get("code")


async def accepting(scope, receive, send):
    """An application that lets everyone in."""
    http = {"type": "http.response.start", "status": 200, "headers": []}
    await send({"type": "websocket.accept"} if scope["type"] == "websocket" else http)


@pytest.fixture
def gate():
    return Guard(accepting, OWN, 3)


@pytest.mark.parametrize("host", [HOST, f"127.0.0.1:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_its_own_names_are_answered(gate, host):
    assert knock(gate, host=host, origin=f"http://{host}") == ("accept", None)


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "", "localhost", "localhost:1", "127.0.0.1.nip"]
)
def test_another_name_is_refused_everywhere(gate, whole, host):
    assert knock(gate, host=host, origin=f"http://{host}") == ("close", 1008)
    for path in ("/", "/readyz", "/static/main-vuetify.js", "/_solara/cdn/echarts@5.4.0/dist/echarts.min.js"):
        status, _, words = ask(whole, path, host=host)
        assert (status, words.count("\n")) == (400, 1)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", f"https://localhost:{PORT}", "http://localhost", "x"]
)
def test_a_page_of_another_origin_opens_nothing(gate, whole, origin):
    assert knock(gate, origin=origin) == ("close", 1008)
    given = {"origin": origin} if origin else {}
    status, _, words = ask(whole, "/_solara/api/close/0f0f", "POST", query="session_id=1", **given)
    assert (status, words.count("\n")) == (403, 1)


def test_a_websocket_names_its_session_and_its_page(gate):
    assert knock(gate, query="") == ("close", 1008)
    assert knock(gate, name="../x") == ("close", 1008)


def test_named_origins_are_let_in_and_their_names_answered():
    named = Guard(accepting, reach("localhost", PORT, ("https://backstop.example.org",)), 9)
    origin = "https://backstop.example.org"
    assert knock(named, origin=origin) == ("accept", None)
    assert knock(named, host="backstop.example.org", origin=origin) == ("accept", None)
    assert knock(named, host="backstop.example.org", origin="https://example.org") == ("close", 1008)


def test_a_server_on_all_addresses_answers_to_numbers_but_not_to_names():
    wide = Guard(accepting, reach("0.0.0.0", PORT), 9)
    assert knock(wide, host=f"192.0.2.7:{PORT}", origin=f"http://192.0.2.7:{PORT}") == ("accept", None)
    assert knock(wide, host=f"evil.example:{PORT}", origin=f"http://evil.example:{PORT}") == ("close", 1008)
    assert knock(wide, host=f"192.0.2.7:{PORT}", origin=f"http://192.0.2.8:{PORT}") == ("close", 1008)


@pytest.mark.parametrize(
    "text", ["example.org", "ftp://x", "https://", "https://x/y", "https://a@b", "*", "http://x:y"]
)
def test_an_origin_that_is_none_is_told(text):
    with pytest.raises(ValueError):
        origin_of(text)
    with pytest.raises(click.BadParameter, match=r"an origin such as|[Pp]ort"):
        command.callback("localhost", 0, "results", 9, (text,), 9, False)


def test_every_answer_carries_the_policy(whole):
    status, found, words = ask(whole)
    assert status == 200
    rules = dict(rule.strip().split(" ", 1) for rule in found["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    [nonce] = [part for part in rules["script-src"].split() if part.startswith("'nonce-")]
    assert rules["script-src"].split() == ["'self'", nonce, "'unsafe-eval'"]
    assert rules["style-src"].split() == ["'self'", nonce]
    assert rules["form-action"] == "'self'"
    assert words.count("<script") == words.count(f'<script nonce="{nonce[7:-1]}"') > 5
    assert ask(whole)[1]["content-security-policy"] != found["content-security-policy"]
    for path in ("/readyz", "/nowhere", "/static/main-vuetify.js"):
        headers = ask(whole, path)[1]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_cookie_is_of_no_use_to_scripts_and_other_sites(whole):
    cookie = ask(whole)[1]["set-cookie"].lower()
    assert {"httponly", "samesite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "secure" not in cookie
    assert 'solara-session-id=""' not in ask(whole, cookie="solara-session-id=a<b")[1]["set-cookie"]
    assert "a<b" not in ask(whole, cookie="solara-session-id=a<b")[1]["set-cookie"]


@pytest.mark.parametrize("path", ["/static/\0", "/\x1b[2J", "/static/a\nb", "/_solara/cdn/\0/x"])
def test_an_address_of_characters_that_are_none_is_refused(whole, path):
    status, _, words = ask(whole, path)
    assert (status, words.count("\n")) == (400, 1)


def test_long_headers_are_refused_however_they_arrive(whole):
    assert ask(whole, "/readyz", x="a" * 30_000)[0] == 200
    assert ask(whole, "/readyz", x="a" * 33_000)[0] == 431


@pytest.mark.parametrize(
    "path",
    [
        "/resourcez",
        "/livez",
        "/_solara/api/evict/x",
        "/jupyter/api/kernels",
        "/static/../server.py",
        "/static/assets/../../server.py",
        "/static/public/x",
        "/_solara/cdn/../../pyvenv.cfg",
        "/_solara/cdn/echarts@5.4.0/dist",
        "/_solara/cdn/no-such-package@1.0.0/index.js",
        "/_solara/cdn/@evil.example/x",
        "/jupyter/nbextensions/../x",
        "/docs",
        "/some/page",
    ],
)
def test_nothing_else_is_served(whole, path):
    from solara.server import settings  # noqa: PLC0415

    kept = settings.assets.proxy_cache_dir / "echarts@5.4.0" / "dist" / "echarts.min.js"
    status, _, words = ask(whole, path)
    assert status == 404
    assert kept.is_file()
    assert not any(word in words for word in ("Traceback", ".py", str(kept.anchor) + "usr"))


def test_a_proxy_may_name_the_folder_it_serves_the_page_in_and_nothing_else(whole):
    assert "/lab/backstop/static" in ask(whole, x_script_name="/lab/backstop")[2]
    assert "/lab/backstop" not in ask(whole)[2]
    for bad in (
        "//evil.example",
        "/x'-alert(1)-'",
        "\\",
        "javascript:1",
        "/a/<script>",
        "/..",
        "/a/../b",
        "/.",
        "/a" * 9,
    ):
        assert ask(whole, x_script_name=bad)[0] == 400


def test_a_long_address_is_refused(whole):
    assert ask(whole, query="c=" + "A" * 30_000)[0] == 414
    with pytest.raises(ScenarioError, match=r"link: .* at most"):
        from_query("c=" + "A" * (LONGEST_LINK + 1))


def test_room_is_bounded_and_a_left_session_makes_place(monkeypatch):
    from experiments.app.server import room  # noqa: PLC0415

    status, closed = room.PageStatus, []
    held = {}
    monkeypatch.setattr(room, "contexts", held)
    kept = room.Room(2)
    for name in "ab":
        assert asyncio.run(kept.admit(name, ""))
        held[name] = SimpleNamespace(page_status={"p": status.CONNECTED}, session_id=name, close=lambda: None)
    assert kept.full and not asyncio.run(kept.admit("c", ""))
    assert asyncio.run(kept.admit("a", "")), "a known session may come again"
    kept.leave("b")
    held["b"].page_status["p"] = status.DISCONNECTED
    held["b"].close = lambda: closed.append(held.pop("b"))
    assert not kept.full and asyncio.run(kept.admit("c", "")) and len(closed) == 1
    assert kept.held == 2


def test_one_visitor_and_one_session_have_their_share(monkeypatch):
    from experiments.app.server import room  # noqa: PLC0415

    monkeypatch.setattr(room, "contexts", {})
    kept = room.Room(1000)
    assert all(asyncio.run(kept.admit(str(n), "me")) for n in range(room.MOST_EACH))
    assert not asyncio.run(kept.admit("new", "me")) and asyncio.run(kept.admit("new", "you"))
    kept.leave("1")
    assert asyncio.run(kept.admit("instead", "me"))
    assert [asyncio.run(kept.admit("0", "me")) for _ in range(room.MOST_SOCKETS + 1)][-1] is False


def test_visitors_without_a_cookie_and_one_address_with_many_keep_nobody_out(monkeypatch):
    from experiments.app.server import room  # noqa: PLC0415

    monkeypatch.setattr(room, "contexts", {})
    kept = room.Room(40)
    assert sum(asyncio.run(kept.admit(f"n{n}", "")) for n in range(100)) == room.MOST_EACH
    assert asyncio.run(kept.admit("mine", "me"))
    kept = room.Room(40)
    assert sum(asyncio.run(kept.admit(f"c{n}", f"cookie {n}", "192.0.2.1")) for n in range(100)) == 20
    assert asyncio.run(kept.admit("mine", "me", "192.0.2.2"))


def test_a_full_house_is_told_in_one_line(monkeypatch):
    full = Guard(accepting, OWN, 0)
    status, _, words = ask(full)
    assert status == 503 and words.count("\n") == 1 and "sessions are open" in words
    assert knock(full) == ("close", 1008)


def test_one_page_too_many_of_a_visitor_is_told(monkeypatch):
    """Its websocket would be refused, and the page wait for ever."""
    from experiments.app.server import room  # noqa: PLC0415

    monkeypatch.setattr(room, "contexts", {})
    gate = Guard(accepting, OWN, 1000)
    for number in range(room.MOST_EACH):
        assert ask(gate, cookie="solara-session-id=me")[0] == 200
        assert asyncio.run(gate.room.admit(str(number), "me"))
    status, _, words = ask(gate, cookie="solara-session-id=me")
    assert status == 503 and words.count("\n") == 1 and "close one" in words
    assert ask(gate, cookie="solara-session-id=you")[0] == 200


def test_a_link_or_file_to_uploaded_prices_says_that_they_are_in_neither():
    session = Session(lambda _: None, TINY)
    assert session.upload("GOLD.csv", ROWS), session.problems
    for read, text in ((from_query, session.configuration.to_query()), (from_toml, session.configuration.to_toml())):
        with pytest.raises(ScenarioError, match="were uploaded"):
            read(text)
    session.close()


def said(kind="comm_msg", channel="shell", **content):
    return {
        "type": "websocket.receive",
        "text": json.dumps({"header": {"msg_type": kind}, "channel": channel, "content": content}),
    }


def test_a_connection_says_only_what_a_page_says():
    assert objection(said()) == objection(said("comm_open", target_name="solara.control")) == ""
    assert "target" in objection(said("comm_open", target_name="jupyter.widget"))
    assert "kind" in objection(said("execute_request", code="1"))
    for text in ("", "nonsense", "[" * 100_000, "[]", "{}", '{"header": 1}', json.dumps({"header": {"msg_type": []}})):
        assert objection({"type": "websocket.receive", "text": text})
    assert objection({"type": "websocket.receive", "bytes": b"\0\0\0\1"})
    assert objection({"type": "websocket.receive", "text": said()["text"].replace("{}", '{"data": NaN}')})


def test_who_says_more_than_a_page_is_read_more_slowly():
    async def talk(number):
        async def receive():
            return said()

        ear, began = Ear(receive), time.monotonic()
        for _ in range(number):
            assert (await ear())["type"] == "websocket.receive"
        return time.monotonic() - began

    assert asyncio.run(talk(int(BURST) + int(RATE / 4))) > 0.15


def test_a_large_message_counts_for_more():
    async def talk(size, number):
        async def receive():
            return said(data="x" * size)

        ear, began = Ear(receive), time.monotonic()
        for _ in range(number):
            await ear()
        return time.monotonic() - began

    large = int(MEASURE * BURST / 2)
    assert asyncio.run(talk(large, 1)) < 0.3 < asyncio.run(talk(large, 3))


def test_a_message_is_no_larger_than_an_upload():
    assert LARGEST_PRICES * 4 / 3 < UVICORN["ws_max_size"] < LARGEST_PRICES * 1.5


def test_a_browser_that_claims_to_have_drawn_everything_gets_no_more_than_others():
    frames: list[Frame] = []
    player = Player(build(TINY), frames.append)
    player.drawn(10**18)
    for _ in range(50):
        player.poke()
        player._show()
        player.drawn(10**18)
    assert len(frames) == 1, "the first is not drawn yet"
    began = time.monotonic()  # the first frame, which loads much, is not counted
    while time.monotonic() - began < 0.5:
        player.drawn(len(frames))
        player.poke()
        player._show()
    assert 1 < len(frames) <= 2 + (time.monotonic() - began) / SHORTEST


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"provider.number": 1_000_000}, "provider.number"),
        ({"value_fund.number": 100_000}, "value_fund.number"),
        ({"minutes": 0.001}, "minutes"),
        ({"minutes": 1e-300}, "minutes"),
        ({"minutes": 0.02}, "steps"),
        ({"steps": 10**12}, "steps"),
        ({"trader.number": 10**12}, "trader.number"),
        ({"protocol.number": 10**6}, "protocol.number"),
        ({"steps": 20_000, "protocol.number": 60}, "steps"),
        ({"asset.name": ("A" * 200,)}, "asset.name"),
        ({"asset.daily_volatility": (0.1,) * 1000}, "asset.daily_volatility"),
    ],
)
def test_a_world_too_large_is_refused_before_it_is_built(changes, named, monkeypatch):
    from experiments.app.session import session  # noqa: PLC0415

    monkeypatch.setattr(session, "World", lambda *_: pytest.fail("built"))
    began = time.monotonic()
    with pytest.raises(ScenarioError) as told:
        build(
            Configuration(changes={**TINY.changes, **({} if "minutes" not in changes else {"steps": None}), **changes})
        )
    assert named in str(told.value)
    assert time.monotonic() - began < 2.0


def test_interventions_are_bounded():
    many = (Intervention("price_shock", 1, -0.1),) * (MOST_INTERVENTIONS + 1)
    with pytest.raises(ScenarioError, match="interventions"):
        require_moderate(TINY._replace(interventions=many))


ROWS = b"Date,Open,High,Low,Close,Volume\n" + b"".join(
    b"2025-01-01 %02d:00,%d,%d,%d,%d,1\n" % (hour, 100 + hour, 101 + hour, 99 + hour, 100 + hour) for hour in range(9)
)


def test_uploads_do_not_pile_up_and_a_bad_one_does_not_take_the_good_ones_place():
    session = Session(lambda _: None, TINY)
    assert session.upload("GOLD.csv", ROWS), session.problems
    assert not session.upload("GOLD.csv", b"not,a\nprice,file\n")
    session.world.reset()
    assert session.upload("SILVER.csv", ROWS)
    assert [place.name for place in session.uploads.folder.rglob("*.csv")] == ["SILVER.csv"]
    session.close()


def test_a_hostile_name_is_text_in_every_chart():
    changes = {**TINY.changes, "price.process": "gbm", "asset.name": (HOSTILE,)}
    world = build(Configuration(changes=changes))
    chart = network(snapshot(world), 0)
    assert any(HOSTILE in words for words in chart.notes.values())
    assert "<" not in "".join(chart.notes.values()).replace(HOSTILE, "")


def test_scripts_are_signed_once_and_sockets_named():
    assert signed('<script src="x"></script>', "N").count('nonce="N"') == 1
    assert "wss://name" in policy("N", "https", "name") and "ws://name" in policy("N", "http", "name")


def test_a_link_names_no_file_of_the_machine():
    with pytest.raises(ScenarioError, match="files are uploaded"):
        from_toml('[price]\nfiles = ["secret.csv"]\n')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price.files", ["/etc/passwd"]),
        ("exposure.file", "/etc/passwd"),
        ("trader.accounts", "/etc/passwd"),
        ("price", {"process": "replay", "files": ["/etc/passwd"]}),
        ("exposure", {"graph": "file", "file": "/etc/passwd"}),
        ("nothing.such", 1),
    ],
)
def test_a_wish_that_no_control_makes_names_no_file_either(name, value):
    """A visitor's own websocket may say what the page would not."""
    from experiments.app.view.setting import change  # noqa: PLC0415

    session = Session(lambda _: None, TINY)
    assert not change(session, {"name": name, "value": value})
    assert not session.change_text(name, lambda: value)
    assert session.configuration == TINY and "is not set here" in session.problems[name]
    session.close()


def test_an_intervention_is_aimed_ahead_and_there_is_an_end_of_them():
    session = Session(lambda _: None, TINY)
    assert not session.intervene(Intervention("price_shock", 0, -0.1, -5)) and session.problems["intervention"]
    for step in (-1, -(10**9)):
        with pytest.raises(ScenarioError, match="allowed is from 0"):
            build(TINY._replace(interventions=(Intervention("exploit", step, 0.1),)))
    assert all(session.intervene(Intervention("exploit", 0, 0.0)) for _ in range(MOST_INTERVENTIONS))
    assert not session.intervene(Intervention("exploit", 0, 0.0))
    assert f"at most {MOST_INTERVENTIONS}" in session.problems["intervention"]
    assert from_query(session.configuration.to_query()).interventions == session.configuration.interventions
    session.close()


@pytest.fixture
def served(monkeypatch):
    """The port of a server whose connections have half a second to ask and one to be answered, and are ten at most."""
    import uvicorn  # noqa: PLC0415

    from experiments.app import patience  # noqa: PLC0415

    for name, value in (("TO_ASK", 0.5), ("TO_ANSWER", 1.0), ("MOST_WAITING", 10)):
        monkeypatch.setattr(patience, name, value)
    [held] = hold("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(lines, lifespan="off", **UVICORN))
    thread = threading.Thread(target=server.run, args=([held],))
    thread.start()
    yield held.getsockname()[1]
    server.should_exit = True
    thread.join(20)


async def lines(scope, receive, send):
    """An application that answers more than any buffer holds."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(400 if scope["path"] == "/long" else 1):
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def asked(port, words):
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    line.sendall(words)
    return line


def ended(line):
    with line, contextlib.suppress(ConnectionResetError):
        while line.recv(1 << 20):
            pass
    return True


@pytest.mark.parametrize(
    "words",
    [b"", b"GET / HTTP/1.1\r\nHost: loc", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"],
    ids=["silent", "slow to ask", "slow to send"],
)
def test_who_dribbles_is_cut_off(served, words):
    began = time.monotonic()
    with asked(served, words) as line, pytest.raises(OSError):
        while time.monotonic() - began < 8.0:
            line.sendall(b"a")
            time.sleep(0.05)
    assert 0.4 < time.monotonic() - began < 5.0


def test_who_does_not_listen_is_cut_off(served):
    line, began = asked(served, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"), time.monotonic()
    time.sleep(1.5)
    assert ended(line) and time.monotonic() - began < 8.0


@pytest.mark.parametrize("words", [b"", b"GET / HT", b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_many_who_wait_keep_nobody_out(served, words, monkeypatch):
    from experiments.app import patience  # noqa: PLC0415

    for name in ("TO_ASK", "TO_ANSWER"):
        monkeypatch.setattr(patience, name, 60.0)
    crowd = [asked(served, words) for _ in range(40)]
    with asked(served, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as line:
        assert line.recv(100).startswith(b"HTTP/1.1 200")
    assert ended(crowd.pop(0))
    for one in crowd:
        one.close()
