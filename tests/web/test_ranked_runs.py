"""The figures of operation lead to the runs behind them."""

from __future__ import annotations

import html
import re

from .conftest import Served


def test_a_percentile_links_to_the_runs_at_or_above_it(web: Served) -> None:
    for _ in range(3):
        web.ask()
    page = web.client().get("/w/desk/operations").text
    links = [html.unescape(one) for one in re.findall(r'href="(/w/desk/runs\?sort=took[^"]*)"', page)]
    assert any("stage=retrieval" in one for one in links)
    whole = next(one for one in links if "stage=" not in one)
    least = float(re.search(r"least_ms=([\d.]+)", whole)[1])  # type: ignore[index]
    listed = web.client().get(whole.replace("/w/desk/runs", "/api/runs")).json()["runs"]
    assert listed
    assert all(one["took_ms"] >= least - 0.06 for one in listed)
    assert [one["took_ms"] for one in listed] == sorted((one["took_ms"] for one in listed), reverse=True)
    shown = web.client().get(whole).text
    assert "Only those that took" in shown
    assert "slowest first" in shown


def test_an_order_that_is_none_is_told(web: Served) -> None:
    assert web.client().get("/api/runs?sort=name").status_code == 422
    assert web.client().get("/api/runs?sort=took&skip=-1").status_code == 422
