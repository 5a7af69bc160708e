"""Colours of the page: one place for charts, style sheet and pictures, in light and in dark.

Charts name them with a dollar sign, ``$a``, and the style sheet as ``var(--a)``; the browser puts in those of the
theme. The sides are an orange and a blue, dark enough on white and light enough on black to be read as text, and differ
in dash as well. Layers and arrangements were chosen for the greatest least distance in OKLab (Ottosson 2020) among
all pairs, to the usual eye and to protanopia, deuteranopia and tritanopia as simulated by Machado, Oliveira and
Fernandes (2009); neighbours in a stack are parted by a line as well.
"""

from collections.abc import Mapping

LIGHT = {
    "a": "#b84f00",
    "b": "#0072b2",
    "text": "#222222",
    "muted": "#5f6368",
    "line": "#dadce0",
    "panel": "#ffffff",
    "ground": "#f4f5f7",
    "accent": "#0b57d0",
    "bad": "#b3261e",
}
DARK = {
    "a": "#f0803c",
    "b": "#4da6ff",
    "text": "#eeeeee",
    "muted": "#a8adb3",
    "line": "#3a3d42",
    "panel": "#1f2226",
    "ground": "#121417",
    "accent": "#8ab4f8",
    "bad": "#f2b8b5",
}
THEMES = {"light": LIGHT, "dark": DARK}
LAYERS = ("#3377bb", "#ffbb44", "#3344aa", "#6699ff", "#bb5500", "#998888", "#aabbaa", "#dd8800", "#775566")
STRUCK = "#D55E00"
"""Rim of a protocol in default, or with liquidations in this step."""
HEALTH = ("#FDE737", "#D9C84B", "#B5A94F", "#8F8F63", "#6D7278", "#4B5B77", "#26456E", "#00204D")
"""Cividis (Nuñez, Anderton and Renslow 2018), from an empty fund to a full one: for every eye an order of lightness."""


def style() -> str:
    """Return the colours of both themes as variables of the style sheet."""
    return f".bs-page {{ {variables(LIGHT)} }}\n.theme--dark .bs-page {{ {variables(DARK)} }}\n"


def variables(colours: Mapping[str, str]) -> str:
    """Return declarations of variables."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
