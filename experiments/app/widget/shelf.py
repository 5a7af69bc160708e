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

    Parameters
    ----------
    sides : the arrangement of each side, with the structure and regime that run there.
    choices : names to choose from, by part of an arrangement.
    groups : the controls of all parameters (:func:`experiments.app.view.setting.shelves`).
    values : parameters that differ from their defaults, by dotted name.
    problems : control → why its last value was not accepted.
    kinds : what interventions there are, with their bounds and units.
    done : the interventions made so far, in words.
    targets : names of what an intervention can strike, by kind of target.
    episode : that is replayed; empty where the prices are others.
    episodes : names and titles of all.
    link : address that opens the page with this configuration; empty until asked for.
    limit : largest price file that may be uploaded, bytes.
    overruled : parameter → what a preset runs instead of it.
    turn : grows with every wish, so that a list shows again what runs where a choice was refused.
    download : a file to be saved, with a number that grows.
    event_arrange : called with the side and its new arrangement.
    event_change : called with a parameter's name and its new value or text.
    event_restore : called to give every parameter its default again.
    event_choose_episode : called with the name of an episode.
    event_upload, event_load : called with the name and contents, in base 64, of a price file or a configuration.
    event_intervene : called with the kind, size, target and length, in steps, of an intervention.
    event_share : called to make the link.
    event_fetch : called with the kind of file to save.
    """
