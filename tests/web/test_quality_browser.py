"""The pages of experiments and replays in a real Chromium: accessibility, width, keyboard, policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Served, chromium, served, write_workflow
from .experimenting import settled, work_cases, write_cases
from .readable import WATCH, assert_readable
from .test_replay import replay

REQUIRED = os.environ.get("HOLDFAST_REQUIRE_BROWSER") == "1"
if not REQUIRED:
    pytest.importorskip("playwright.sync_api", reason="QUALITY IS NOT TESTED: Playwright is not installed")
    if not chromium():
        pytest.skip("QUALITY IS NOT TESTED: there is no chromium", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

pytestmark = pytest.mark.long

WAIT_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """Yield a served workflow with two experiments, and the second one's id."""
    root: Path = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        folder = write_workflow(root / "desk")
        write_cases(folder)
        work_cases(folder)
        text = "# Warranty\n\nThe warranty of the HX-200 pump lasts 36 months from delivery.\n"
        (folder / "documents" / "warranty.md").write_text(text, encoding="utf-8")
        second = work_cases(folder).experiment.id
        with served(folder) as web:
            settled(web.client("emil"), f"/w/desk/quality/{second}")
            yield web, second


def opened(browser: Browser, web: Served, path: str, *, person: str = "emil") -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=web.url)
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": "holdfast_person", "value": person, "url": web.url}])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(path)
    return page


def closed(page: Page) -> None:
    """Close a page on which no policy was violated and no script failed."""
    assert page.evaluate("seen") == {"policy": [], "errors": []}
    page.context.close()


@pytest.mark.parametrize("name", ["list", "experiment", "case", "beside", "operations"])
def test_a_page_hinders_no_reader_and_fits_every_screen(
    browser: Browser, measured: tuple[Served, str], name: str
) -> None:
    web, experiment = measured
    path = {
        "list": "/w/desk/quality",
        "experiment": f"/w/desk/quality/{experiment}",
        "case": f"/w/desk/quality/{experiment}/case?case=warranty-months",
        "operations": "/w/desk/operations",
    }.get(name, "")
    if name == "beside":
        run = web.ask(person="emil")["run"]
        path = f"/w/desk/runs/{run}/beside/{replay(web, run, k=1)}"
    settled(web.client("emil"), path)
    page = opened(browser, web, path)
    assert_readable(page)
    closed(page)


def test_the_keyboard_alone_compares_experiments_and_opens_a_case(
    browser: Browser, measured: tuple[Served, str]
) -> None:
    web, experiment = measured
    page = opened(browser, web, "/w/desk/quality")
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/quality/{experiment}")
    page.get_by_label("Held against").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**against=none")
    page.go_back()
    page.locator(".change a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**case=warranty-months*")
    expect(page.locator(".sides")).to_contain_text("24 months")
    closed(page)


def test_a_run_is_replayed_from_its_page(browser: Browser, measured: tuple[Served, str]) -> None:
    web, _ = measured
    run = web.ask(person="ana")["run"]
    page = opened(browser, web, f"/w/desk/runs/{run}")
    page.get_by_label("Passages searched for (k)").fill("1")
    page.get_by_role("button", name="Replay").click()
    page.wait_for_url("**/beside/*")
    expect(page.locator("main")).to_contain_text("retrieval.k: 1")
    expect(page.locator("main")).to_contain_text("not in it")
    closed(page)


def test_a_mark_stands_on_the_line_of_its_figure(browser: Browser, measured: tuple[Served, str]) -> None:
    web, second = measured
    page = opened(browser, web, f"/w/desk/quality/{second}?against=none")
    off = page.evaluate(
        """() => [...document.querySelectorAll("svg.mark")].map((mark) => {
            const middle = (one) => { const at = one.getBoundingClientRect(); return at.top + at.height / 2; };
            return Math.abs(middle(mark.querySelector("circle")) - middle(mark.closest("tr")));
        })"""
    )
    assert off
    assert max(off) <= 3
    closed(page)


def test_on_a_narrow_screen_the_menu_shows_where_one_is(
    browser: Browser, measured: tuple[Served, str]
) -> None:
    web, _ = measured
    page = opened(browser, web, "/w/desk/ask", person="kim")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/w/desk/operations")
    expect(page.locator('.bar nav [aria-current="page"]')).to_be_in_viewport(ratio=0.9)
    closed(page)
