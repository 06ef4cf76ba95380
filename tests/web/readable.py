"""What makes a page of the workbench readable: nothing that axe finds, no width beyond the screen's."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

WATCH = """
window.seen = {policy: [], errors: []};
document.addEventListener("securitypolicyviolation", (e) => seen.policy.push(e.violatedDirective + " " + e.blockedURI));
window.addEventListener("error", (e) => seen.errors.push(String(e.message)));
window.alert = () => seen.errors.push("alert");
"""
"""A script for each page, which keeps what violated its policy and what failed in it."""

NOTHING = {"policy": [], "errors": []}
WIDTHS = (1280, 390)
FOUND = """
(only) => axe.run({resultTypes: ["violations"], ...(only && {runOnly: [only]})})
  .then((found) => found.violations.map((one) => [one.id, one.nodes.map((n) => n.html)]))
"""


def assert_readable(page: Page) -> None:
    """Assert that axe finds nothing on any screen in light, nor too little contrast in dark, and that it fits.

    The page watches itself (`WATCH`): nothing may have violated its policy or failed until now.
    """
    pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    page.wait_for_load_state("load")
    assert page.evaluate("seen") == NOTHING
    page.evaluate(_axe())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        assert page.evaluate(FOUND, "") == [], width
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(FOUND, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    page.evaluate("seen.policy = []")  # axe adds styles of its own


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
