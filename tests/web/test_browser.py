"""The workbench in a real Chromium: asking, citations, keyboard, hostile text, width, accessibility, policy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.testing.provider import ProviderServer, Scripted

from .conftest import HOSTILE, QUESTION, Served, chromium, served, write_workflow
from .readable import WATCH, assert_readable
from .test_correcting import decided
from .test_hostile_text import hostile_desk

REQUIRED = os.environ.get("HOLDFAST_REQUIRE_BROWSER") == "1"
if not REQUIRED:
    pytest.importorskip(
        "playwright.sync_api", reason="THE WORKBENCH IS NOT TESTED: Playwright is not installed"
    )
    if not chromium():
        pytest.skip("THE WORKBENCH IS NOT TESTED: there is no chromium", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

pytestmark = pytest.mark.long

PATHS = {
    "person": "/person",
    "ask": "/w/desk/ask",
    "documents": "/w/desk/documents",
    "document": "/w/desk/document?path=gland.md&start=9&end=30",
    "runs": "/w/desk/runs",
    "sources": "/w/desk/sources?as=ben",
    "operations": "/w/desk/operations",
    "missing": "/w/desk/document?path=none",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert chromium(), "HOLDFAST_REQUIRE_BROWSER=1, and there is no chromium"
    with sync_playwright() as playwright:
        expect.set_options(timeout=20_000)
        made = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Return what opens a page as a person; afterwards no policy was violated and no script failed."""
    pages: list[Page] = []

    def made(
        web: Served, path: str, *, person: str = "kim", width: int = 1280, scheme: Any = "light"
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=web.url,
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        context.set_default_timeout(20_000)
        if person:
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


def ask(page: Page, question: str = QUESTION) -> None:
    page.wait_for_load_state("load")  # the page's keys are heard from then on
    page.fill("#question", question)
    page.press("#question", "Control+Enter")
    page.wait_for_selector(".outcome:not(.open)")


def test_a_case_from_question_to_citation_to_hand_over(opened: Open, web: Served) -> None:
    page = opened(web, "/", person="")
    page.get_by_role("button", name="ana").click()
    ask(page)
    expect(page.locator(".outcome .badge")).to_have_text("Answer")
    expect(page.locator("[data-slot=confidence]")).to_contain_text("Confidence:")
    mark = page.locator("[data-cite]").first
    assert mark.get_attribute("aria-label").startswith("Source ")
    mark.click()
    expect(page.locator("[data-panel] mark").last).to_contain_text("35 Nm")
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_be_hidden()
    assert mark.evaluate("(one) => one === document.activeElement")
    page.get_by_role("button", name="Ask a person").click()
    page.locator("fieldset[data-for=hand_over] button[type=submit]").click()
    expect(page.locator(".outcome [data-said]")).to_have_text("Choose who should answer.")
    page.get_by_label("product-safety").check()
    page.get_by_label("Note to whoever takes over").fill("please look at it")
    page.locator("fieldset[data-for=hand_over] button[type=submit]").click()
    expect(page.locator("[data-slot=decided]")).to_contain_text("Handed over by ana")
    page.reload()
    expect(page.locator(".outcome")).to_contain_text("35 Nm")
    expect(page.locator("[data-slot=decided]")).to_contain_text("please look at it")
    page.get_by_role("link", name="How this came about").click()
    expect(page.locator("h2", has_text="Stages")).to_be_visible()


def test_a_follow_up_keeps_the_thread_and_a_new_case_begins_another(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    ask(page)
    page.fill("#question", "How long does the warranty of the HX-200 pump last?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".outcome:not(.open)")).to_have_count(2)
    expect(page.locator(".outcome").last).to_contain_text("24 months")
    page.reload()
    expect(page.locator(".turn.person")).to_have_count(2)
    page.get_by_role("link", name="New case").click()
    expect(page.locator(".turn")).to_have_count(0)


def test_every_way_a_run_can_end_is_shown_as_what_it_is(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    for question, badge, words in (
        ("Somebody was injured.", "Handed over", "safety@example.com"),
        ("which one?", "Asked back", "Which pump do you mean?"),
        ("What is the capital of France?", "No answer", "Reason:"),
    ):
        ask(page, question)
        last = page.locator(".outcome").last
        expect(last.locator(".badge")).to_have_text(badge)
        expect(last).to_contain_text(words)
        page.get_by_role("link", name="New case").click()


def test_what_a_reviewer_answered_before_stands_ahead_of_no_answer(opened: Open, web: Served) -> None:
    question = "Which colour does the lobby of the head office have?"
    run = str(web.ask(question, person="ana")["run"])
    decided(web, "rita", run, "edit", text="Mint.")
    page = opened(web, PATHS["ask"])
    ask(page, question)
    assert page.locator(".outcome").get_attribute("data-kind") == "question"
    told = page.locator("li.turn > article")
    assert [one.get_attribute("class") for one in told.all()] == ["reply", "outcome"]
    expect(told.first).to_contain_text("Mint.")


def test_an_answer_back_is_chosen_from_what_is_offered(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    ask(page, "which one?")
    page.get_by_role("button", name="HX-250").click()
    assert page.input_value("#question") == "HX-250"


def test_hostile_text_is_shown_and_does_nothing(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    ask(page, f"At how many rpm does the mixer of the HX-999 turn? {HOSTILE}")
    expect(page.locator(".turn.person .text")).to_contain_text("<script>alert(1)</script>")
    page.goto("/w/desk/document?path=hostile.md")
    expect(page.locator(".body")).to_contain_text("<script>alert(1)</script>")
    page.goto("/w/desk/documents")
    assert page.locator("main img, main script, main a[href^='javascript']").count() == 0
    assert all(url.startswith(web.url) for url in requested)


def test_a_model_cannot_make_the_page_load_or_run_anything(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("A_KEY", "k")
    text = (
        f"The gland bolts of the HX-200 take **35 Nm** [1]. `code` {HOSTILE}\n\n- <b>one</b> [1]\n- two [1]"
    )
    with ProviderServer([Scripted(text=text)]) as server:
        rung = f"{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: A_KEY}}"
        more = f"generation: {{rungs: [{rung}], extractive: false}}\nchecking: {{}}\n"
        with served(write_workflow(tmp_path / "desk", more=more)) as web:
            page = opened(web, PATHS["ask"])
            requested: list[str] = []
            page.on("request", lambda request: requested.append(request.url))
            ask(page)
            assert page.locator(".outcome img, .outcome script, .outcome b").count() == 0
            assert all(url.startswith(web.url) for url in requested)
            page.reload()
            assert page.locator(".outcome img, .outcome script, .outcome b").count() == 0
            assert page.evaluate("seen.errors") == []


def test_files_that_are_too_large_are_told_before_they_are_sent(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    page.wait_for_load_state("load")
    page.fill("#question", QUESTION)
    page.evaluate("document.querySelector('[data-ask]').dataset.most = '10'")  # as if 26 MB were chosen
    file = {"name": "note.md", "mimeType": "text/markdown", "buffer": b"eleven bytes"}
    page.set_input_files("input[type=file]", [file])
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("[data-status]")).to_have_text(
        "The files are too large: at most 26 MB together are read."
    )
    assert page.locator(".turn").count() == 0


SPILLS = """() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = walk.nextNode());) {
    if (!/[\\u202a-\\u202e\\u2066-\\u2069]/.test(text.data)) continue;
    const style = getComputedStyle(text.parentElement);
    const follows = [...text.parentElement.childNodes].slice([...text.parentElement.childNodes].indexOf(text) + 1);
    const isAlone = style.display !== "inline" && !follows.some((one) => one.textContent.trim());
    if (!isAlone && !style.unicodeBidi.startsWith("isolate") && style.unicodeBidi !== "plaintext")
      found.push(text.parentElement.outerHTML.slice(0, 300));
  }
  return found;
}"""
"""Text that turns the reading direction of what stands behind it in another element."""


def test_on_no_page_hostile_text_acts_or_turns_what_stands_beside_it(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("A_KEY", "k")
    with hostile_desk(tmp_path) as hostile:
        page = opened(hostile.web, PATHS["person"])
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        for address in hostile.pages:
            page.goto(address, wait_until="load")
            assert page.evaluate("seen") == {"policy": [], "errors": []}, address
            assert page.evaluate(SPILLS) == [], address
        assert all(url.startswith(hostile.web.url) for url in requested)


def test_stopping_records_the_run_as_cancelled(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("A_KEY", "k")
    text = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " * 30
    with ProviderServer([Scripted(text=text, pieces=300, pause_s=0.02)]) as server:
        rung = f"{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: A_KEY}}"
        with served(write_workflow(tmp_path / "desk", more=f"generation: {{rungs: [{rung}]}}\n")) as web:
            page = opened(web, PATHS["ask"])
            page.fill("#question", QUESTION)
            page.get_by_role("button", name="Ask", exact=True).click()
            expect(page.locator(".outcome .draft").first).to_contain_text("35 Nm")
            page.get_by_role("button", name="Stop").click()
            expect(page.locator("[data-status]")).to_contain_text("recorded as cancelled")
            expect(page.locator(".outcome .badge")).to_have_text("Cancelled")
            page.get_by_role("link", name="How this came about").click()
            expect(page.locator("main")).to_contain_text("whoever asked has left")
            page.goto("/w/desk/runs")
            expect(page.locator("tbody .badge").first).to_have_text("Cancelled")


def test_the_keyboard_alone_suffices(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type(QUESTION)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".outcome:not(.open)")
    page.keyboard.press("Shift+Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.dataset.cite"):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel] mark").last).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.cite")


def test_what_is_copied_names_its_sources(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"])
    ask(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-said]")).to_have_text("Copied with its sources.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "35 Nm" in copied
    assert "[1] Gland" in copied


def test_a_sync_is_told_as_it_goes(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    with served(write_workflow(tmp_path / "desk")) as web:
        (web.folder / "documents" / "new.md").write_text(
            "# New\n\nThe new lid takes 12 Nm.\n", encoding="utf-8"
        )
        page = opened(web, "/w/desk/sources")
        page.get_by_role("button", name="Sync now").click()
        expect(page.locator("[data-status]")).to_contain_text("1 added")
        expect(page.locator("table").first).to_contain_text("6")


def test_the_choice_of_colours_outweighs_the_system(opened: Open, web: Served) -> None:
    page = opened(web, PATHS["ask"], scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator("summary", has_text="kim").click()
    page.get_by_label("Colours").select_option("dark")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("h1")).to_have_text("Fragen")
    assert page.evaluate(paper) != light


def test_the_ask_page_is_small(opened: Open, web: Served) -> None:
    page = opened(web, "/person")
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(PATHS["ask"], wait_until="networkidle")
    assert len(sizes) <= 6
    assert sum(sizes) < 40_000


@pytest.mark.parametrize("name", [*PATHS, "answered", "run"])
def test_a_page_hinders_no_reader_and_fits_every_screen(opened: Open, web: Served, name: str) -> None:
    path = PATHS.get(name, PATHS["ask"])
    if name == "run":
        path = f"/w/desk/runs/{web.ask()['run']}"
    page = opened(web, path)
    if name == "answered":
        ask(page)
        page.locator("[data-cite]").first.click()
        page.get_by_role("button", name="Wrong").click()
    assert_readable(page)
