"""The limits of the page that the guide to security names are those that hold."""

import re
from pathlib import Path

from experiments.app import patience
from experiments.app.server import room, site
from experiments.app.session import configuration, limit, upload

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide" / "security.md"


def test_the_guide_names_the_limits_that_hold():
    guide = GUIDE.read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", guide, re.MULTILINE))
    uploads = upload.LIMITS
    held = {
        "sessions (`--sessions`)": [site.MOST_SESSIONS],
        "sessions of one visitor": [room.MOST_EACH],
        "an uploaded price file": [
            upload.LARGEST_PRICES / 1e6, uploads.rows, uploads.columns, uploads.size / 1e6,
        ],
        "an uploaded configuration": [upload.LARGEST_CONFIGURATION / 1e3],
        "a link": [configuration.LONGEST_LINK],
        "protocols": [limit.MOST["protocol.number"]],
        "accounts in all": [limit.MOST_ACCOUNTS],
        "providers in all": [limit.MOST_PROVIDERS],
        "value funds in all": [limit.MOST_FUNDS],
        "steps; steps times listings": [limit.MOST["steps"], limit.MOST_CELLS],
        "length of a step": [limit.LEAST_MINUTES],
        "memory and computing of a side": [limit.MOST_MEMORY / 1e6, limit.MOST_HOURS],
        "values of a list; characters of a text": [limit.MOST_ITEMS, limit.MOST_LETTERS],
        "interventions": [limit.MOST_INTERVENTIONS],
        "connections that are no websocket": [patience.MOST_WAITING, patience.TO_ASK, patience.TO_ANSWER],
    }  # fmt: skip
    told = {what: [float(one) for one in re.findall(r"[0-9.]+", text.replace(",", ""))] for what, text in table.items()}
    assert {what: told[what] for what in held} == held
