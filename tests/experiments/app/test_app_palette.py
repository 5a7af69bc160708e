"""Colours of the page: told apart by every eye, readable in light and dark, one source for all that is drawn."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from experiments.app.chart import base, series
from experiments.app.palette import DARK, HEALTH, LAYERS, LIGHT, STRUCK, THEMES, style
from experiments.app.world.trace import LAYERS as LAYER_NAMES

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# OKLab, Ottosson (2020): linear RGB to cones, and the cube roots of those to L, a, b.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
APART = 0.1
"""Least distance in OKLab: five times what is just noticed."""
APP = Path(base.__file__).parents[1]


def linear(colour):
    """Linear RGB of ``#rrggbb``."""
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def seen(colour, eye):
    """OKLab of a colour as an eye sees it."""
    return LAB @ np.cbrt(CONES @ np.clip(EYES[eye] @ linear(colour), 0, 1))


def least(colours, eye):
    return min(np.linalg.norm(seen(a, eye) - seen(b, eye)) for a, b in combinations(colours, 2))


def contrast(a, b):
    """Contrast ratio of WCAG 2."""
    light, dark = sorted((linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_simulation_leaves_grey_alone_and_confuses_red_with_green():
    for eye in EYES:
        assert seen("#808080", eye) == pytest.approx(seen("#808080", "usual"), abs=2e-3)
    assert least(["#c05050", "#808030"], "deuteranopia") < 0.4 * least(["#c05050", "#808030"], "usual")
    assert seen("#ffffff", "usual") == pytest.approx([1, 0, 0], abs=1e-6)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", THEMES)
def test_lines_of_a_chart_are_told_apart(eye, theme):
    colours = THEMES[theme]
    assert least([colours["a"], colours["b"], colours["muted"], colours["panel"]], eye) > APART
    drawn = [colours.get(colour.removeprefix("$"), colour) for colour in series.DIFFERENCE_COLOURS]
    assert least([*drawn, colours["panel"]], eye) > APART


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", THEMES)
def test_layers_and_arrangements_are_told_apart(eye, theme):
    assert least([*LAYERS, THEMES[theme]["panel"]], eye) > APART
    assert len(LAYERS) == len(LAYER_NAMES)


@pytest.mark.parametrize("eye", EYES)
def test_the_health_of_a_fund_is_an_order_of_lightness(eye):
    lightness = [seen(colour, eye)[0] for colour in HEALTH]
    assert all(a - b > 0.03 for a, b in pairwise(lightness))
    assert least((HEALTH[0], HEALTH[len(HEALTH) // 2], HEALTH[-1]), eye) > 2 * APART


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", THEMES)
def test_a_struck_rim_stands_out(eye, theme):
    assert least([STRUCK, THEMES[theme]["muted"]], eye) > APART
    assert least([STRUCK, THEMES[theme]["panel"]], eye) > APART


@pytest.mark.parametrize("colours", (LIGHT, DARK), ids=("light", "dark"))
def test_words_and_lines_have_contrast(colours):
    for ground in (colours["panel"], colours["ground"]):
        for name in ("text", "muted", "a", "b", "accent", "bad"):
            assert contrast(colours[name], ground) >= 4.5, name
    assert contrast(colours["panel"], colours["accent"]) >= 4.5


def test_sides_differ_in_dash_as_well_and_so_do_differences():
    assert len(set(base.DASHES)) == 2
    assert len(set(series.DIFFERENCE_DASHES)) == len(series.DIFFERENCE_DASHES)


def test_colours_have_one_source():
    sheet = (APP / "page.css").read_text(encoding="utf-8")
    pieces = [place.read_text(encoding="utf-8") for place in APP.glob("*/*.vue")]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,\"'])", "".join([sheet, *pieces]))
    used = set(re.findall(r"var\(--(\w+)\)", sheet))
    assert used <= set(LIGHT) == set(DARK)
    assert all(f"--{name}: {colour};" in style() for theme in THEMES.values() for name, colour in theme.items())
