"""The shelf: everything that can be set, next to the charts."""

from collections.abc import Callable
from typing import Any

import solara


@solara.component_vue("shelf.vue")
def Shelf(  # noqa: N802
    sides: list[dict[str, str]],
    choices: dict[str, list[str]],
    groups: str,
    values: dict[str, Any],
    problems: dict[str, str],
    kinds: list[dict[str, Any]],
    done: list[str],
    targets: dict[str, list[str]],
    episode: str,
    episodes: list[dict[str, str]],
    link: str,
    limit: int,
    overruled: dict[str, str],
    turn: int,
    download: dict[str, Any],
    event_arrange: Callable[[dict[str, str]], None] | None = None,
    event_change: Callable[[dict[str, Any]], None] | None = None,
    event_restore: Callable[[Any], None] | None = None,
    event_choose_episode: Callable[[str], None] | None = None,
    event_upload: Callable[[dict[str, str]], None] | None = None,
    event_load: Callable[[dict[str, str]], None] | None = None,
    event_intervene: Callable[[dict[str, Any]], None] | None = None,
    event_share: Callable[[Any], None] | None = None,
    event_fetch: Callable[[str], None] | None = None,
) -> None:
    """Show arrangements, prices, interventions, parameters, saving and sharing.

    `groups` is :func:`experiments.app.view.setting.shelves`. `problems` holds a message for every control whose last
    value was not accepted; `overruled` what a preset runs instead of a parameter; `turn` grows with every wish, so that
    a list shows again what runs where a choice was refused; `download` a file to be saved, with a number that grows.
    """
