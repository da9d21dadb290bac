"""The interactive figures answer keyboard, mouse and touch, say in words what they show, and stand without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Visit

MEETING = "derivation/transpose.html"
SCORES = "derivation/softmax.html"
FLIP = "catalogue/convolution.html"


def numbers(table: Locator, cells: str = "td.number, td.entry") -> list[list[int]]:
    """The numbers of a matrix that the figure draws, row by row."""
    rows: list[list[str]] = table.locator("tr").evaluate_all(
        "(rows, cells) => rows.map((row) => [...row.querySelectorAll(cells)].map((cell) => cell.textContent))", cells
    )
    return [[int(text.replace("−", "-")) for text in row] for row in rows if row]


def product(first: list[list[int]], second: list[list[int]]) -> list[list[int]]:
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*second, strict=True)] for row in first
    ]


def moved(slider: Locator, value: int) -> None:
    """Put a slider at a value, as dragging it does."""
    slider.evaluate(
        "(it, value) => { it.value = value; it.dispatchEvent(new Event('input', { bubbles: true })); }", str(value)
    )


@pytest.fixture
def figure(visit: Visit) -> Locator:
    return visit(MEETING).locator("figure.figure-meeting")


def chosen(figure: Locator) -> Locator:
    return figure.get_by_role("grid").locator(".chosen")


# Which row meets which column.


def test_arrow_keys_choose_the_entry_and_keep_the_focus(figure: Locator) -> None:
    expect(chosen(figure)).to_have_attribute("data-entry", "1,0")
    chosen(figure).focus()
    for key, entry in (
        ("ArrowRight", "1,1"),
        ("ArrowRight", "1,1"),
        ("ArrowDown", "2,1"),
        ("Home", "2,0"),
        ("ArrowUp", "1,0"),
        ("Control+End", "2,1"),
        ("Control+Home", "0,0"),
    ):
        figure.page.keyboard.press(key)
        expect(chosen(figure)).to_have_attribute("data-entry", entry)
        expect(chosen(figure)).to_be_focused()
        expect(chosen(figure)).to_have_attribute("aria-selected", "true")
    expect(figure.get_by_role("grid").locator('[tabindex="0"]')).to_have_count(1)


def test_a_click_chooses_an_entry_in_either_layout(figure: Locator) -> None:
    figure.locator('.columns [data-entry="2,1"]').click()
    expect(figure.locator(".told")).to_contain_text("Entry (2, 1) of the gradient by the weights")
    figure.locator('.rows [data-entry="0,1"]').click()
    expect(figure.locator(".told")).to_contain_text("Entry (0, 1)")


def test_a_touch_chooses_an_entry(visit: Visit) -> None:
    figure = visit(MEETING, phone=True).locator("figure.figure-meeting")
    figure.locator('.columns [data-entry="0,1"]').tap()
    expect(figure.locator(".columns .chosen")).to_have_attribute("data-entry", "0,1")
    expect(figure.locator(".told")).to_contain_text("row 0 of G meets row 1 of X")


@pytest.mark.parametrize("letter", ["W", "X", "b"])
def test_every_entry_is_that_of_the_product_that_is_drawn(figure: Locator, letter: str) -> None:
    figure.locator(f'[name="meeting-by"][value="{letter}"]').check()
    for slider, size in (("C", 4), ("D", 3), ("N", 5)):
        moved(figure.locator(f'[name="{slider}"]'), size)
    for layout in ("columns", "rows"):
        drawn = {
            place: numbers(figure.locator(f".{layout} .{place}")) for place in ("corner", "above", "left", "crossing")
        }
        if (letter == "X") == (layout == "columns"):
            assert drawn["above"] == product(drawn["corner"], drawn["crossing"])
        else:
            assert drawn["left"] == product(drawn["crossing"], drawn["corner"])


def test_terms_are_marked_in_their_matrices_and_add_up(figure: Locator) -> None:
    figure.locator('[name="meeting-by"][value="X"]').check()
    figure.locator('.columns [data-entry="1,2"]').click()
    for layout in ("columns", "rows"):
        panel = figure.locator(f".{layout}")
        factors = panel.locator(".sum td:has(small)").evaluate_all(
            "(cells) => cells.map((cell) => Number(cell.lastChild.textContent.replace('−', '-')))"
        )
        count = len(factors) // 2
        terms = [a * b for a, b in zip(factors[:count], factors[count:], strict=True)]
        assert numbers(panel.locator(".sum"), "td[class^=tone]:not(:has(small))") == [terms]
        assert numbers(panel, ".chosen") == [[sum(terms)]]
        expect(panel.locator(".term")).to_have_count(3 * count)
    expect(figure.locator(".told")).to_contain_text("column 1 of W meets column 2 of G")


def test_smaller_sizes_keep_the_chosen_entry_inside(figure: Locator) -> None:
    figure.locator('.columns [data-entry="2,1"]').click()
    moved(figure.locator('[name="C"]'), 1)
    expect(chosen(figure)).to_have_attribute("data-entry", "0,1")
    expect(figure.get_by_role("gridcell").and_(figure.locator(".entry"))).to_have_count(2)


def test_nothing_turns_for_those_who_want_it_still(visit: Visit) -> None:
    page = visit(MEETING, still=True)
    page.locator('.columns [data-entry="2,1"]').click()
    expect(page.locator(".columns .chosen")).to_have_attribute("data-entry", "2,1")
    assert page.evaluate("document.getAnimations().filter((it) => it.effect.target.matches('.term')).length") == 0


def test_figures_have_names_and_say_what_they_show(visit: Visit) -> None:
    figure = visit(MEETING).locator("figure.figure-meeting")
    expect(figure.get_by_role("grid")).to_have_accessible_name("gradient by the weights")
    expect(figure.locator(".told")).to_have_attribute("aria-live", "polite")
    expect(figure.locator("figcaption")).to_contain_text("Weight gradient")
    names = figure.locator("table").evaluate_all("(tables) => tables.map((table) => table.ariaLabel)")
    assert len(names) == 10
    assert all(names)


def test_the_largest_sizes_fit_a_phone_and_a_finger(visit: Visit) -> None:
    page = visit(MEETING, phone=True)
    figure = page.locator("figure.figure-meeting")
    for letter in "WXb":
        figure.locator(f'[name="meeting-by"][value="{letter}"]').check()
        for size in "CDN":
            moved(figure.locator(f'[name="{size}"]'), 6)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        boxes = figure.locator(".entry, .number").evaluate_all(
            "(all) => all.map((it) => it.getBoundingClientRect().toJSON())"
        )
        assert min(min(box["width"], box["height"]) for box in boxes) >= 24
        assert max(box["right"] for box in boxes) <= 390


# Three scores.


@pytest.fixture
def scores(visit: Visit) -> Locator:
    return visit(SCORES).locator("figure.figure-scores")


def shown(scores: Locator) -> dict[str, Any]:
    """What the figure shows, column by column."""
    texts: list[str] = scores.locator("output").all_inner_texts()
    values = [float(text.replace("−", "-")) for text in texts]
    return {
        "scores": values[0:9:3],
        "probabilities": values[1:9:3],
        "gradient": values[2:9:3],
        "shift": values[9],
        "sums": values[10:12],
        "truth": values[12],
        "loss": values[13],
    }


def test_a_score_raised_by_keyboard_raises_its_probability_alone(scores: Locator) -> None:
    before = shown(scores)
    scores.get_by_role("slider", name="Score of class 0").press("ArrowRight")
    after = shown(scores)
    assert after["scores"] == [2.1, 1.0, -0.5]
    rises = [new > old for new, old in zip(after["probabilities"], before["probabilities"], strict=True)]
    assert rises == [True, False, False]
    assert after["loss"] > before["loss"]


def test_a_score_is_moved_by_mouse_and_by_touch(visit: Visit, scores: Locator) -> None:
    scores.get_by_role("slider", name="Score of class 2").click(position={"x": 4, "y": 6})
    assert shown(scores)["scores"][2] < -6
    on_phone = visit(SCORES, phone=True).locator("figure.figure-scores")
    on_phone.get_by_role("slider", name="Score of class 2").tap(position={"x": 4, "y": 6})
    assert shown(on_phone)["scores"][2] < -6


def test_moving_all_scores_moves_nothing_else(scores: Locator) -> None:
    before = shown(scores)
    slider = scores.get_by_role("slider", name="Move all three scores")
    moved(slider, 25)
    after = shown(scores)
    assert after["scores"] == [4.5, 3.5, 2.0]
    assert after["shift"] == 2.5
    assert [after[what] for what in ("probabilities", "gradient", "loss")] == [
        before[what] for what in ("probabilities", "gradient", "loss")
    ]
    moved(scores.get_by_role("slider", name="Score of class 0"), 80)
    moved(slider, 40)
    assert shown(scores)["shift"] == 2.5


def test_the_gradient_is_probability_minus_one_where_the_class_is_true(scores: Locator) -> None:
    for truth in range(3):
        scores.get_by_role("radio", name=f"class {truth}").check()
        values = shown(scores)
        difference = [p - (k == truth) for k, p in enumerate(values["probabilities"])]
        assert [round(number, 3) for number in difference] == values["gradient"]
        assert values["sums"] == [1, 0]
        assert values["truth"] == truth


# The taps of a convolution.


@pytest.fixture
def flip(visit: Visit) -> Locator:
    return visit(FLIP).locator("figure.figure-flip")


@pytest.mark.parametrize(("of", "last"), [("result", 3), ("taps", 2), ("signal", 5)])
def test_keys_go_through_the_entries_of_what_is_looked_at(flip: Locator, of: str, last: int) -> None:
    flip.locator(f'[name="flip-of"][value="{of}"]').check()
    chosen(flip).focus()
    for key, entry in (("Home", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("ArrowDown", 2), ("End", last)):
        flip.page.keyboard.press(key)
        expect(chosen(flip)).to_have_attribute("data-entry", str(entry))
        expect(chosen(flip)).to_be_focused()


def test_an_entry_of_the_signal_meets_the_taps_from_the_last_to_the_first(flip: Locator) -> None:
    flip.locator('[data-entry="3"]').click()
    expect(flip.locator(".told")).to_have_text(
        "Entry 3 of the signal meets the taps from the last to the first, 2, 1, 0."
    )
    column = numbers(flip.locator(".band table").first, ".tap.term")
    assert [tap for row in column for tap in row] == numbers(flip.locator(".band table").last)[0][::-1]


def test_the_longest_convolution_fits_a_phone(visit: Visit) -> None:
    page = visit(FLIP, phone=True)
    flip = page.locator("figure.figure-flip")
    for of in ("result", "taps", "signal"):
        flip.locator(f'[name="flip-of"][value="{of}"]').check()
        moved(flip.locator('[name="T"]'), 6)
        moved(flip.locator('[name="K"]'), 4)
        right = flip.locator(".entry, .number").evaluate_all(
            "(all) => all.map((it) => it.getBoundingClientRect().right)"
        )
        assert max(right) <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390


# Without scripts, and in general.


@pytest.mark.parametrize(
    ("address", "kind"), [(MEETING, "figure-meeting"), (SCORES, "figure-scores"), (FLIP, "figure-flip")]
)
def test_without_scripts_the_same_is_shown_and_nothing_offered(visit: Visit, address: str, kind: str) -> None:
    words = "(it) => [...it.querySelectorAll('table, .told, .loss')].map((part) => part.textContent)"
    plain = visit(address, scripts=False).locator(f"figure.{kind}")
    told = plain.evaluate(words)
    expect(plain.locator("input:visible")).to_have_count(0)
    expect(plain.locator('[role="grid"]')).to_have_count(0)
    live = visit(address).locator(f"figure.{kind}")
    assert live.evaluate(words) == told


@pytest.mark.parametrize("address", ["index.html", MEETING, SCORES, FLIP])
def test_a_script_that_takes_over_moves_nothing(visit: Visit, address: str) -> None:
    page: Page = visit(address, fresh=True)
    shifts = """() => new Promise((done) => {
        let moved = 0;
        const seen = (list) => list.getEntries().forEach((entry) => (moved += entry.value));
        new PerformanceObserver(seen).observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
    })"""
    assert page.evaluate(shifts) <= 0.02
