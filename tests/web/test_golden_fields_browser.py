"""The form of what a golden case expects in a real Chromium: readable on every screen, saved with a key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import chromium
from .readable import WATCH, assert_readable

REQUIRED = os.environ.get("HOLDFAST_REQUIRE_BROWSER") == "1"
if not REQUIRED:
    pytest.importorskip("playwright.sync_api", reason="THE FORM IS NOT TESTED: Playwright is not installed")
    if not chromium():
        pytest.skip("THE FORM IS NOT TESTED: there is no chromium", allow_module_level=True)
pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

from playwright.sync_api import expect, sync_playwright  # noqa: E402

from .test_records import asked, form, posted, records  # noqa: E402

pytestmark = pytest.mark.long


def test_expected_fields_hinder_no_reader_and_are_changed_by_keyboard(tmp_path: Path) -> None:
    with records(tmp_path) as web, sync_playwright() as playwright:
        run = asked(web)
        posted(web, run, form(web, run).values | {"value:/cost_eur": "2430", "value:/note": ""})
        case = web.client("rita").post(f"/api/reviews/{run}/golden").json()["case"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=web.url)
        context.set_default_timeout(5000)
        context.add_cookies([{"name": "holdfast_person", "value": "kim", "url": web.url}])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"/w/desk/golden?case={case}")
        page.get_by_text("Change what is expected").click()
        assert_readable(page)
        page.get_by_label("cost_eur", exact=True).fill("much")
        page.get_by_label("cost_eur", exact=True).press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text('cost_eur: is "much", not a number')
        assert_readable(page)
        page.get_by_label("cost_eur", exact=True).fill("2400")
        page.get_by_label("May be off by cost_eur").fill("5")
        page.get_by_label("Compared note").select_option("")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text("2400 as a number ± 5")
        expect(page.locator("main")).to_contain_text("You wrote it: a second person confirms it.")
        browser.close()
