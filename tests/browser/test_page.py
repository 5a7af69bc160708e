"""What a person does on the page, done in Chromium."""

import time

import pytest

from experiments.app.chart.stage import LIVE
from experiments.app.session.scene import SCENES

pytestmark = [pytest.mark.compiled, pytest.mark.browser]

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
    # One more than ten: the picture of the first step may be counted late.
    page.wait_for_function(f"({COUNT})() >= {frames + 11}")
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


def test_what_is_being_typed_outlives_the_answer_to_an_earlier_change(visit):
    page = visit()
    page.click("[data-group=backstop] summary")
    control = page.locator("[data-control='backstop.capital_ratio']")
    number = control.locator(".bs-number")
    number.fill("0.0")
    other = page.locator("[data-group=backstop] [data-control]:not([data-control='backstop.capital_ratio'])")
    other.locator("input[type=range]").first.evaluate(
        "slider => { slider.value = 700; slider.dispatchEvent(new Event('input')); }"
    )
    page.wait_for_selector("[data-group=backstop] .bs-badge")
    page.wait_for_timeout(300)
    assert number.input_value() == "0.0"
    number.press("End")
    number.type("3")
    number.press("Enter")
    page.wait_for_function("document.querySelector('[data-group=backstop] .bs-badge').innerText === '2'")
    assert number.input_value() == "0.03"


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


CUT_OFF = """() => [...document.querySelectorAll("[data-detail] .bs-scroll")]
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText)"""


def test_a_protocol_and_a_wave_can_be_looked_into(visit):
    page = visit()
    page.select_option("[data-choice='Look into']", "P2")
    page.wait_for_selector("[data-detail=protocol] table")
    assert "treasury" in page.inner_text("[data-detail=protocol]")
    assert page.evaluate(CUT_OFF) == []
    page.click("[data-canvas=liquidations]", position={"x": 200, "y": 120})
    page.wait_for_selector("[data-detail=step] table")
    shown = page.inner_text("[data-detail=step]")
    assert all(words in shown for words in ("What each layer paid", "traders' deficit", "vault's deficit"))
    assert page.evaluate(CUT_OFF) == []


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


def explore(page, folder):
    page.click("[data-view=Explore]")
    page.wait_for_selector("[data-choice=Results]")
    page.select_option("[data-choice=Results]", folder)
    page.wait_for_selector("[data-canvas=distribution] canvas")


def test_a_result_folder_can_be_explored(visit):
    page = visit()
    explore(page, "small")
    assert page.evaluate(INKED, "distribution") > LEAST_COLOURS
    page.select_option("[data-choice=Metric]", "deficit")
    page.wait_for_function("document.querySelector('[data-chart=distribution]').innerText.includes('deficit')")
    assert "isolated less pooled" in page.inner_text(".bs-main-area")


def test_a_sweep_shows_its_phase_diagram(visit):
    page = visit()
    explore(page, "map")
    title = "document.querySelector('[data-chart=phase] .bs-chart-title').innerText"
    page.wait_for_function(f"{title}.includes('isolated less pooled')")
    page.wait_for_selector("[data-canvas=phase] canvas")
    page.locator("[data-chart=phase]").scroll_into_view_if_needed()
    page.wait_for_timeout(150)
    assert page.evaluate(INKED, "phase") > LEAST_COLOURS
    page.select_option("[data-choice='Map of']", "pooled")
    page.wait_for_function(f"{title}.includes('uncovered, pooled')")
    page.select_option("[data-choice=Across]", "price.severity")
    unit = "document.querySelector('[data-chart=phase] .bs-unit').innerText"
    page.wait_for_function(f"{unit} === 'price.severity_correlation over price.severity'")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_at_any_width_in_any_light(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dark = page.evaluate("getComputedStyle(document.querySelector('.bs-page')).color === 'rgb(238, 238, 238)'")
    assert dark == (scheme == "dark")


REACHABLE = """() => [...document.querySelectorAll("button, input, select, summary, a[href]")].filter((e) =>
  !e.disabled && e.getClientRects().length && getComputedStyle(e).visibility === "visible").length"""
# What has the focus, once the browser has scrolled it into view, which takes it some frames.
FOCUS = """async () => {
  const e = document.activeElement, look = getComputedStyle(e);
  const seen = (box) => box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  for (let frame = 0; frame < 60 && !seen(e.getBoundingClientRect()); frame++)
    await new Promise((after) => requestAnimationFrame(after));
  const box = e.getBoundingClientRect();
  e.dataset.number = e.dataset.number || String(document.querySelectorAll("[data-number]").length + 1);
  return {
    number: e.dataset.number, tag: e.tagName, top: Math.round(box.top), left: Math.round(box.left),
    name: e.getAttribute("aria-label") || e.innerText || e.title || (e.labels && e.labels[0] && e.labels[0].innerText),
    rim: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
    seen: seen(box),
  };
}"""


def walk(page):
    """Press Tab until it comes round; return what had the focus, in order."""
    page.focus(".bs-head button")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    found = {}
    while (focus := page.evaluate(FOCUS))["tag"] != "BODY" and focus["number"] not in found:
        found[focus["number"]] = focus
        page.keyboard.press("Tab")
    return list(found.values())


@pytest.mark.parametrize("view", ["Live", "Learn", "Explore"])
def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit, view):
    page = visit()
    if view == "Explore":
        explore(page, "map")
        page.wait_for_selector("[data-canvas=phase] canvas")
    elif view == "Learn":
        page.click("[data-view=Learn]")
        page.wait_for_selector("[data-scene]")
        page.wait_for_selector("[data-canvas=price] canvas")
    else:
        for group in ("interventions", "backstop", "files"):
            page.click(f"[data-group={group}] summary")
        page.wait_for_selector("[data-control='backstop.capital_ratio']")
    found = walk(page)
    assert len(found) >= page.evaluate(REACHABLE)
    assert [focus for focus in found if not (focus["rim"] and focus["seen"] and focus["name"])] == []


def test_the_keyboard_alone_plays_slides_and_looks_into_a_protocol(visit):
    page = visit()
    page.focus("[data-do=play]")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[data-do=play]').innerText.includes('Pause')")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('[data-do=play]').innerText.includes('Play')")
    page.focus("[data-do=timeline]")
    page.keyboard.press("Home")
    wait_for_step(page, 0)
    page.keyboard.press("ArrowRight")
    wait_for_step(page, 1)
    page.focus("[data-choice='Look into']")
    page.keyboard.type("P3")
    page.wait_for_selector("[data-detail=protocol] table")
    assert "Protocol P3" in page.inner_text("[data-detail=protocol]")


def sessions(uploads):
    """Sessions that are open: each has a folder for its uploads, and it goes with the session."""
    return len(list(uploads.glob("backstop-*")))


@pytest.mark.parametrize("query", ["", "?solara-no-close-beacon"], ids=["closed", "lost"])
def test_a_session_ends_with_its_page(visit, uploads, query):
    """Also where the browser cannot say goodbye: the connection is lost, and the session idle."""
    page = visit(query)
    page.click("[data-do=play]")
    page.wait_for_function("document.querySelector('[data-do=play]').innerText.includes('Pause')")
    assert sessions(uploads) >= 1
    page.close()
    deadline = time.monotonic() + 30
    while sessions(uploads):
        assert time.monotonic() < deadline, "the session is still there"
        time.sleep(0.1)


def test_a_file_that_is_too_large_is_not_even_sent(visit):
    page = visit()
    page.evaluate("""() => {
      const box = document.querySelector("[data-part=upload]"), held = new DataTransfer();
      held.items.add(new File([new Uint8Array(10000001)], "huge.csv"));
      box.files = held.files;
      box.dispatchEvent(new Event("change"));
    }""")
    page.wait_for_selector("[data-problem=upload]")
    assert "at most 10000000" in page.inner_text("[data-problem=upload]")


def test_a_saved_configuration_is_loaded_again_and_nonsense_is_told(visit):
    page = visit()
    page.click("[data-group=files] summary")
    page.select_option("[data-side=b] [data-part=structure]", "mutual")
    page.wait_for_function("document.querySelector('[data-chart=network-b]').innerText.includes('mutual')")
    with page.expect_download() as waiting:
        page.click("[data-do=toml]")
    saved = waiting.value.path().read_bytes()
    page.set_input_files("[data-part=load]", {"name": "x.toml", "mimeType": "text/plain", "buffer": b"seed = seed"})
    page.wait_for_selector("[data-problem=load]")
    page.select_option("[data-side=b] [data-part=structure]", "none")
    page.wait_for_function("document.querySelector('[data-chart=network-b]').innerText.includes('none')")
    page.set_input_files("[data-part=load]", {"name": "x.toml", "mimeType": "text/plain", "buffer": saved})
    page.wait_for_function("document.querySelector('[data-chart=network-b]').innerText.includes('mutual')")
    assert page.locator("[data-problem=load]").count() == 0


def test_a_bad_link_is_told_first_and_nothing_runs_in_its_place(browser, address):
    page = browser.new_page()
    page.goto(f"{address}?c=nonsense")
    page.wait_for_selector("[data-problem=link]")
    assert "cannot be opened" in page.inner_text("[data-problem=link]")
    assert page.query_selector(".bs-transport") is None
    page.click("text=Open the page as it usually starts")
    page.wait_for_selector(".bs-transport")
    page.close()


def test_a_page_loaded_again_has_its_configuration_and_offers_to_run_again(visit):
    page = visit()
    page.select_option("[data-side=b] [data-part=structure]", "reinsured")
    page.wait_for_function("location.search.startsWith('?c=')")
    to_step(page, 430)
    page.reload()
    page.wait_for_selector("[data-problem=restart]")
    assert page.input_value("[data-side=b] [data-part=structure]") == "reinsured"
    page.click("[data-do=again]")
    wait_for_step(page, 430)


def test_charts_are_drawn_after_a_switch_of_folders(visit):
    page = visit()
    for folder in ("small", "map", "small"):
        explore(page, folder)
        page.wait_for_timeout(1_000)
        for key in page.eval_on_selector_all("[data-canvas]", "all => all.map((e) => e.dataset.canvas)"):
            page.locator(f"[data-chart={key}]").scroll_into_view_if_needed()
            page.wait_for_selector(f"[data-canvas={key}] canvas")
            page.wait_for_timeout(150)
            assert page.evaluate(INKED, key) > 3, (folder, key)
