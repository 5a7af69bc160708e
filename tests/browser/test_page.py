"""What a person does on the page, done in Chromium."""

import pytest

from experiments.app.chart.stage import LIVE
from experiments.app.scene import SCENES

pytestmark = pytest.mark.compiled

INKED = """key => {
  const canvas = document.querySelector(`[data-canvas="${key}"] canvas`);
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(pixels.buffer)).size;
}"""
LEAST_COLOURS = 8
COUNT = "() => Number(document.querySelector('.bs-stage').dataset.frames)"


def step(page):
    return int(page.get_attribute(".bs-transport", "data-clock"))


def wait_for_step(page, wanted):
    page.wait_for_selector(f".bs-transport[data-clock='{wanted}'][data-busy=false]")


def to_step(page, wanted):
    """Move the time line as the keyboard would."""
    line = page.locator("[data-do=timeline]")
    line.evaluate(
        f"(e) => {{ e.value = {wanted}; e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change')); }}"
    )
    wait_for_step(page, wanted)


def test_every_chart_shows_something(visit):
    page = visit()
    page.wait_for_function(f"({COUNT})() > 0")
    for key in LIVE:
        page.locator(f"[data-chart={key}]").scroll_into_view_if_needed()
        page.wait_for_timeout(150)
        assert page.evaluate(INKED, key) > LEAST_COLOURS, key


def test_play_gives_distinct_frames_and_pause_stops_them(visit):
    page = visit()
    first, frames = step(page), page.evaluate(COUNT)
    page.click("[data-do=play]")
    page.wait_for_function(f"({COUNT})() >= {frames + 10}")
    page.click("[data-do=play]")
    assert step(page) >= first + 10
    page.wait_for_timeout(800)
    still = page.evaluate(COUNT)
    page.wait_for_timeout(800)
    assert page.evaluate(COUNT) == still


def test_step_and_back_come_to_the_same_picture(visit):
    page = visit()
    now = step(page)
    note = page.inner_text(".bs-note >> nth=0")
    page.click("[data-do=step]")
    wait_for_step(page, now + 1)
    page.click("[data-do=back]")
    wait_for_step(page, now)
    assert page.inner_text(".bs-note >> nth=0") == note


def test_the_time_line_goes_anywhere(visit):
    page = visit()
    for wanted in (450, 30, 720):
        to_step(page, wanted)
    assert page.is_disabled("[data-do=play]")


def test_a_seed_begins_anew_and_reset_keeps_it(visit):
    page = visit()
    page.fill("[data-do=seed]", "12")
    page.press("[data-do=seed]", "Enter")
    wait_for_step(page, 0)
    page.click("[data-do=step]")
    wait_for_step(page, 1)
    page.click("[data-do=reset]")
    wait_for_step(page, 0)
    assert page.input_value("[data-do=seed]") == "12"


def test_a_bad_seed_is_told_at_its_box_and_breaks_nothing(visit):
    page = visit()
    page.fill("[data-do=seed]", "seven")
    page.press("[data-do=seed]", "Enter")
    page.wait_for_selector(".bs-transport .bs-problem")
    assert "no whole number" in page.inner_text(".bs-transport .bs-problem")
    now = step(page)
    page.click("[data-do=step]")
    wait_for_step(page, now + 1)


def test_a_slider_changes_the_world_and_a_bad_number_is_told_beside_it(visit):
    page = visit()
    page.click("[data-group=backstop] summary")
    control = page.locator("[data-control='backstop.capital_ratio']")
    control.locator("input[type=range]").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-group=backstop] .bs-badge")
    control.locator(".bs-number").fill("much")
    control.locator(".bs-number").press("Enter")
    control.locator(".bs-problem").wait_for()
    assert "a number is needed" in control.locator(".bs-problem").inner_text()


def test_a_broken_upload_is_told_and_a_good_one_is_replayed(visit):
    page = visit()
    page.set_input_files(
        "[data-part=upload]", {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"not,a\nprice,file\n"}
    )
    page.wait_for_selector("[data-problem=upload]")
    assert "bad.csv" in page.inner_text("[data-problem=upload]")
    rows = "".join(
        f"2025-01-01 {hour:02}:00,{100 + hour},{101 + hour},{99 + hour},{100.5 + hour},1\n" for hour in range(9)
    )
    good = ("Date,Open,High,Low,Close,Volume\n" + rows).encode()
    page.set_input_files("[data-part=upload]", {"name": "GOLD.csv", "mimeType": "text/csv", "buffer": good})
    page.wait_for_function("document.querySelector('[data-chart=price]').innerText.includes('GOLD price')")


def test_an_intervention_strikes_both_sides(visit):
    page = visit()
    page.click("[data-group=interventions] summary")
    page.click("[data-kind=exploit] button")
    page.wait_for_selector(".bs-done li")
    now = step(page)
    page.click("[data-do=step]")
    wait_for_step(page, now + 1)
    page.wait_for_function("document.querySelector('.bs-note').innerText.includes('below bankruptcy.')")
    assert "$0.00M of" not in page.inner_text(".bs-note >> nth=0")


def test_two_visitors_are_apart(visit):
    one, other = visit(), visit()
    one.select_option("[data-side=b] [data-part=structure]", "none")
    one.wait_for_function("document.querySelector('[data-chart=network-b]').innerText.includes('none')")
    one.click("[data-do=reset]")
    wait_for_step(one, 0)
    assert step(other) > 0
    assert other.input_value("[data-side=b] [data-part=structure]") == "pooled"


def test_a_link_brings_another_visitor_to_the_same_configuration(visit):
    page = visit()
    page.select_option("[data-side=a] [data-part=structure]", "reinsured")
    page.wait_for_function("document.querySelector('[data-chart=network-a]').innerText.includes('reinsured')")
    page.click("[data-group=files] summary")
    page.click("[data-do=share]")
    link = page.input_value(".bs-link")
    other = visit("?" + link.partition("?")[2])
    assert other.input_value("[data-side=a] [data-part=structure]") == "reinsured"


@pytest.mark.parametrize(
    ("button", "start"), [("toml", b"[price]"), ("csv", b'"side"'), ("parquet", b"PAR1"), ("gif", b"GIF")]
)
def test_files_can_be_saved(visit, button, start):
    page = visit()
    page.click("[data-group=files] summary")
    with page.expect_download() as waiting:
        page.click(f"[data-do={button}]")
    assert waiting.value.path().read_bytes().startswith(start)


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg")])
def test_a_chart_can_be_saved(visit, kind, start):
    page = visit()
    with page.expect_download() as waiting:
        page.locator("[data-chart=price] button", has_text=kind).click()
    assert waiting.value.path().read_bytes().startswith(start)


def test_a_protocol_and_a_wave_can_be_looked_into(visit):
    page = visit()
    page.select_option("[data-choice='Look into']", "P2")
    page.wait_for_selector("[data-detail=protocol] table")
    assert "treasury" in page.inner_text("[data-detail=protocol]")
    page.click("[data-canvas=liquidations]", position={"x": 200, "y": 120})
    page.wait_for_selector("[data-detail=step] table")
    assert "What each layer paid" in page.inner_text("[data-detail=step]")


def test_every_scene_ends_as_it_says(visit):
    page = visit()
    page.click("[data-view=Learn]")
    for number, scene in enumerate(SCENES):
        page.click(f"nav[aria-label=scenes] button >> nth={number}")
        page.wait_for_selector(f"[data-scene={scene.name}]")
        page.wait_for_selector("[data-canvas=price] canvas")
        page.select_option("[data-do=speed]", "10")
        page.click("[data-do=play]")
        page.wait_for_selector("[data-ending]")
        assert page.get_attribute("[data-ending]", "data-ending") == "true"
        assert scene.ending in page.inner_text("[data-ending]")


def test_a_result_folder_can_be_explored(visit):
    page = visit()
    page.click("[data-view=Explore]")
    page.wait_for_selector("[data-canvas=distribution] canvas")
    assert page.evaluate(INKED, "distribution") > LEAST_COLOURS
    page.select_option("[data-choice=Metric]", "deficit")
    page.wait_for_function("document.querySelector('[data-chart=distribution]').innerText.includes('deficit')")
    assert "isolated less pooled" in page.inner_text(".bs-main-area")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_at_any_width_in_any_light(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.querySelector('.bs-page')).color === 'rgb(238, 238, 238)'")
    assert dark == (scheme == "dark")


def test_the_keyboard_reaches_play(visit):
    page = visit()
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.do || ''"))
        if reached[-1] == "play":
            break
    assert reached[-1] == "play"
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[data-do=play]').innerText.includes('Pause')")
