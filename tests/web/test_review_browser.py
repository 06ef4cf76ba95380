"""The whole life of a case in a real Chromium: question, citation, hand-over, correction, golden case, confirmation, a gate that passes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import QUESTION, Served, chromium, served, write_workflow
from .experimenting import work_cases
from .readable import WATCH, assert_readable

REQUIRED = os.environ.get("HOLDFAST_REQUIRE_BROWSER") == "1"
if not REQUIRED:
    pytest.importorskip("playwright.sync_api", reason="REVIEW IS NOT TESTED: Playwright is not installed")
    if not chromium():
        pytest.skip("REVIEW IS NOT TESTED: there is no chromium", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

pytestmark = pytest.mark.long

Open = Callable[..., Page]
CORRECTED = "Tighten the gland bolts of the HX-200 to 35 Nm, crosswise [1]."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    pages: list[Page] = []

    def made(web: Served, path: str, *, person: str, width: int = 1280, scheme: Any = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=web.url
        )
        context.set_default_timeout(5000)
        context.add_cookies([{"name": "holdfast_person", "value": person, "url": web.url}])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(path)
        pages.append(page)
        return page

    yield made
    for page in pages:
        assert page.evaluate("seen") == {"policy": [], "errors": []}
        page.context.close()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    more = "review:\n  risks: {product-safety: high}\n  owners: {product-safety: rita}\n"
    with served(write_workflow(tmp_path / "desk", more=more)) as web:
        yield web


def test_the_whole_life_of_a_case(opened: Open, own: Served) -> None:
    asking = asked_and_handed_over(opened(own, "/w/desk/ask", person="ana"))
    asking.reload()
    expect(asking.locator(".outcome .badge")).to_have_text("Handed over")
    expect(asking.locator(".reply")).to_contain_text("Handed to product-safety; the reply comes here. Due in")

    page = opened(own, "/w/desk/review", person="rita")
    expect(page.locator("tbody tr").first).to_contain_text("high")
    page.keyboard.press("n")
    page.wait_for_url("**/review?case=*")
    expect(page.locator(".beside mark").last).to_contain_text("35 Nm")
    page.keyboard.press("1")
    assert page.evaluate("document.activeElement.dataset.evidence") == "1"
    page.keyboard.press("e")
    page.locator("#text").fill(CORRECTED)
    page.keyboard.press("Control+Enter")
    expect(page.locator("h2", has_text="Edited")).to_contain_text("rita")
    page.wait_for_load_state("load")  # the page came anew: its keys are heard from then on
    page.keyboard.press("g")
    page.wait_for_url("**/golden?case=*")
    expect(page.locator("main")).to_contain_text("golden/corrections.yaml")
    expect(page.locator("main")).to_contain_text("You wrote it")

    asking.goto("/w/desk/documents")
    asking.get_by_role("link", name="A reviewer has answered your question").click()
    expect(asking.locator(".reply .badge")).to_have_text("Corrected")
    expect(asking.locator(".reply")).to_contain_text("by rita")
    expect(asking.locator(".reply")).to_contain_text("crosswise")
    asking.goto("/w/desk/documents")
    expect(asking.locator(".told")).to_have_count(0)

    second = opened(own, "/w/desk/review", person="kim")
    expect(second.locator("main")).to_contain_text("Nothing waits.")
    second.get_by_role("link", name="how-tight-are").click()
    expect(second.locator("main")).to_contain_text("35 Nm, crosswise")
    second.wait_for_load_state("load")
    second.keyboard.press("y")
    second.wait_for_url("**/golden")
    expect(second.locator("[data-status]")).to_have_text("Confirmed. It counts from the next evaluation.")
    written = (own.folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    assert "held" not in written
    assert 'confirmed_by: "kim"' in written
    assert "Tighten the gland bolts of the HX-200 to 35 Nm." in written
    second.goto("/w/desk/review?done=yes")
    expect(second.locator("table").first).to_contain_text("rita")

    the_next_who_asks_is_told(opened(own, "/w/desk/ask", person="emil"))
    the_gate_passes(second, own)


def the_next_who_asks_is_told(page: Page) -> None:
    """Ask the same in other letters: the correction stands below the outcome, its source opens beside it."""
    page.fill("#question", QUESTION.upper().replace("HX-200", "hx 200"))
    page.press("#question", "Control+Enter")
    page.wait_for_selector(".outcome:not(.open)")
    for _ in ("as it comes", "after a reload"):
        earlier = page.locator("article.reply")
        expect(earlier.locator("[data-slot=says]")).to_contain_text("rita answered this question:")
        expect(earlier).to_contain_text("crosswise")
        expect(earlier.locator("[data-slot=since]")).to_be_hidden()
        expect(page.locator(".outcome [data-slot=text]")).not_to_contain_text("crosswise")
        mark = earlier.locator("[data-cite]")
        assert mark.get_attribute("aria-label").startswith("1: Gland")
        mark.click()
        expect(page.locator("[data-panel] mark").last).to_contain_text("35 Nm")
        page.reload()


def asked_and_handed_over(asking: Page) -> Page:
    """Return the page on which somebody asked, looked at the source, wanted a person."""
    asking.fill("#question", QUESTION)
    asking.press("#question", "Control+Enter")
    asking.wait_for_selector(".outcome:not(.open)")
    asking.locator("[data-cite]").first.click()
    expect(asking.locator("[data-panel] mark").last).to_contain_text("35 Nm")
    asking.keyboard.press("Escape")
    asking.get_by_role("button", name="Ask a person").click()
    asking.locator("fieldset[data-for=hand_over] button[type=submit]").click()
    expect(asking.locator(".outcome [data-said]")).to_have_text("Choose who should answer.")
    asking.get_by_label("product-safety").check()
    asking.get_by_label("Note to whoever takes over").fill("crosswise?")
    asking.locator("fieldset[data-for=hand_over] button[type=submit]").click()
    expect(asking.locator("[data-slot=decided]")).to_contain_text("Handed over by ana")
    return asking


def the_gate_passes(page: Page, own: Served) -> None:
    """Work the case that the correction became twice; the second experiment is no worse."""
    page.goto("/w/desk/quality")
    expect(page.locator("main")).to_contain_text("holdfast eval ")
    first = work_cases(own.folder)
    assert [row.outcome for row in first.rows] == ["answer"]
    gated = work_cases(own.folder, against=first.experiment.id)
    assert gated.report.result == "pass"
    page.reload()
    expect(page.locator("tbody a")).to_have_count(2)
    page.locator("tbody a").first.click()
    expect(page.locator("h1 .badge")).to_have_text("passes")
    expect(page.locator("main")).to_contain_text("nothing changed: all 1 cases ended and scored as before")
    case = first.rows[0].case
    page.goto(f"/w/desk/quality/{gated.experiment.id}/case?case={case}")
    expect(page.locator(".sides")).to_contain_text("crosswise")  # what is expected
    page.get_by_role("link", name="How this came about").click()
    expect(page.locator("h2", has_text="Stages")).to_be_visible()


def test_two_reviewers_do_not_hold_one_case(opened: Open, own: Served) -> None:
    own.ask("Somebody was injured.", person="ana")
    first = opened(own, "/w/desk/review", person="rita")
    second = opened(own, "/w/desk/review", person="kim")
    first.get_by_role("button", name="Take the next case").click()
    first.wait_for_url("**/review?case=*")
    second.get_by_role("button", name="Take the next case").click()
    expect(second.locator("[data-status]")).to_have_text("Nothing waits.")
    second.reload()
    second.locator("[data-row]").first.click()
    expect(second.locator("main")).to_contain_text("held by rita until")
    expect(second.locator("[data-do=accept]")).to_have_count(0)
    first.keyboard.press("u")
    expect(first.get_by_role("button", name="Claim")).to_be_visible()
    second.reload()
    second.keyboard.press("c")
    expect(second.locator("main")).to_contain_text("yours until")
    expect(second.locator("[data-do=accept]")).to_be_disabled()
    second.keyboard.press("r")
    second.get_by_role("button", name="Reject").last.click()
    expect(second.locator("h2", has_text="Rejected")).to_be_visible()


def test_an_asker_has_no_queue(opened: Open, own: Served) -> None:
    page = opened(own, "/w/desk/ask", person="ana")
    expect(page.get_by_role("link", name="Review")).to_have_count(0)
    assert own.client("ana").get("/w/desk/review").status_code == 403
    assert own.client("ana").get("/api/reviews").status_code == 403
    run = own.ask("Somebody was injured.", person="ben")["run"]
    for path in (f"/api/reviews/{run}/claim", f"/api/reviews/{run}/golden", "/api/reviews/next"):
        assert own.client("ana").post(path, json={}).status_code == 403


def test_the_review_pages_hinder_no_reader_and_fit_every_screen(opened: Open, own: Served) -> None:
    handed = own.ask(person="ana")["run"]
    own.client("ana").post(
        "/api/decisions", json={"run": handed, "action": "hand_over", "to": "product-safety"}
    )
    done = own.ask("Somebody was injured.", person="ana")["run"]
    rita = own.client("rita")
    sent = "Call product safety <img src=x onerror=alert(1)>."
    rita.post(f"/api/reviews/{done}/decision", json={"action": "edit", "text": sent})
    waits, again = (own.ask("somebody injured?", person=name)["run"] for name in ("ana", "rita"))
    case = rita.post(f"/api/reviews/{done}/golden", json={}).json()["case"]
    rita.post(f"/api/reviews/{handed}/claim", json={})
    page = opened(own, "/w/desk/review", person="rita")
    for path in (
        "/w/desk/review", "/w/desk/review?done=yes", f"/w/desk/review?case={handed}",
        f"/w/desk/review?case={done}", f"/w/desk/review?golden={case}", "/w/desk/golden", f"/w/desk/runs/{done}",
        f"/w/desk/review?case={waits}", f"/w/desk/ask?run={again}", f"/w/desk/runs/{again}",
    ):  # fmt: skip
        page.goto(path)
        if path.endswith(again):
            expect(page.locator("article.reply")).to_contain_text(sent)
        elif path.endswith(waits):
            expect(page.locator("main")).to_contain_text(
                "The same question was decided before: Edited by rita"
            )
        assert_readable(page)


def test_what_is_copied_is_the_newest_answer_with_its_marks(opened: Open, own: Served) -> None:
    run = own.ask(person="ana")["run"]
    page = opened(own, f"/w/desk/runs/{run}", person="rita")
    page.get_by_role("button", name="Edit", exact=True).click()
    text = page.locator("textarea[name=text]")
    assert text.input_value().endswith("[1]")
    text.fill(CORRECTED)
    page.get_by_role("button", name="Send to ana").click()
    expect(page.locator(".reply [data-said]")).to_have_text("Sent to ana, who is told of it.")
    asking = opened(own, f"/w/desk/ask?run={run}", person="ana")
    asking.context.grant_permissions(["clipboard-read", "clipboard-write"])
    asking.get_by_role("button", name="Copy").click()
    expect(asking.locator(".reply [data-said]")).to_have_text("Copied with its sources.")
    copied = asking.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(CORRECTED)
    assert "[1] " in copied.split("\n", 1)[1]
    expect(asking.locator(".replaced .outcome")).to_be_hidden()


TABLES = "# Torques\n\n| part | torque |\n|---|---|\n| casing bolts | 75 Nm |\n| drain plug | 30 Nm |\n"


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    wide = "# Wide\n\n" + " | ".join(f"column number {n}" for n in range(20)) + "\n"
    rows = "\n".join(" | ".join(f"cell {row}.{n}" for n in range(20)) for row in range(3))
    documents = {"torques.md": TABLES, "wide.md": f"{wide}{rows}\n", "permissions.yaml": '"**": [everyone]\n'}
    with served(write_workflow(tmp_path / "desk", documents=documents)) as web:
        yield web


def test_wrong_reaches_a_reviewer_who_reads_the_table_as_a_table(opened: Open, tables: Served) -> None:
    asking = opened(tables, "/w/desk/ask", person="ana")
    asking.wait_for_load_state("load")
    asking.fill("#question", "What torque has the drain plug?")
    asking.press("#question", "Control+Enter")
    asking.wait_for_selector(".outcome:not(.open)")
    asking.get_by_role("button", name="Wrong").click()
    asking.locator("fieldset[data-for=reject] [name=words]").fill("it is 40")
    asking.locator("fieldset[data-for=reject] button[type=submit]").click()
    expect(asking.locator(".outcome [data-said]")).to_contain_text(
        "A reviewer looks at it; the reply comes here."
    )
    expect(asking.locator("[data-slot=state]").first).to_have_text("With a reviewer")
    asking.reload()
    expect(asking.locator("[data-waits]")).to_contain_text("A reviewer looks at it")
    page = opened(tables, "/w/desk/review", person="rita")
    page.get_by_role("link", name="What torque").click()
    expect(page.locator(".beside td", has_text="drain plug")).to_be_visible()
    expect(page.locator(".beside td mark").last).to_contain_text("30 Nm")
    expect(page.locator("main")).to_contain_text("ana, who asked, does not accept it: wrong.")
    assert_readable(page)
    asking.get_by_role("button", name="Helpful").click()
    expect(asking.locator(".outcome [data-said]").first).to_contain_text(
        "no reviewer has to look at it any more"
    )
    expect(asking.locator("[data-waits]")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_wide_table_is_reached_whole_by_the_keyboard(opened: Open, tables: Served, width: int) -> None:
    page = opened(tables, "/w/desk/document?path=wide.md", person="kim", width=width)
    box = page.locator(".source .scroll").first
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box.focus()
    assert box.evaluate("(one) => one === document.activeElement && one.scrollWidth > one.clientWidth")
    page.keyboard.press("End")
    for _ in range(80):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.source .scroll').scrollLeft > 0")
    assert_readable(page)


def test_what_was_found_wrong_hinders_no_reader_of_the_list(opened: Open, own: Served) -> None:
    run = own.ask(person="ana")["run"]
    own.client("ana").post("/api/decisions", json={"run": run, "action": "reject", "category": "wrong"})
    own.client("rita").post(
        f"/api/reviews/{own.ask('A fitter was injured.', person='ana')['run']}/decision",
        json={"action": "edit", "text": "Call."},
    )
    page = opened(own, "/w/desk/runs", person="kim")
    for path in ("runs?decided=wrong", "review", "review?done=yes", "documents", "quality", f"runs/{run}"):
        page.goto(f"/w/desk/{path}")
        assert_readable(page)
