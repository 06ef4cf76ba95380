"""What every page keeps: texts from one catalogue, text as text, no inline style or script, no foreign address."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from holdfast.domain.locators import Locator
from holdfast.domain.scores import Metric
from holdfast.evaluating.measures import measures_of
from holdfast.web.document_page import around
from holdfast.web.rendering import STATIC, static_file
from holdfast.web.timeline import bars, share_bar
from holdfast.web.wording import LANGUAGES, catalogue, wording

from .conftest import HOSTILE, Served

WEB = Path(__file__).resolve().parents[2] / "src" / "holdfast" / "web"
PATHS = (
    "/person", "/w/desk/ask", "/w/desk/documents", "/w/desk/documents?find=gland", "/w/desk/runs", "/w/desk/sources?as=ana",
    "/w/desk/document?path=hostile.md&start=3&end=40", "/w/desk/operations?days=1", "/w/desk/quality", "/w/desk/nowhere",
)  # fmt: skip


class Seen(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def seen_in(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_holds_nothing_that_the_policy_forbids(web: Served, path: str, language: str) -> None:
    answer = web.client().get(path, headers={"accept": "text/html", "accept-language": language})
    assert answer.status_code in (200, 404)
    assert f'<html lang="{language}"' in answer.text
    page = seen_in(answer.text)
    for tag, attributes in page.tags:
        assert "style" not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("src", "href", "action"):
            value = attributes.get(name) or "/"
            assert re.match(r"/(?!/)|#|\?", value), value
    assert all(attributes.get("src") for tag, attributes in page.tags if tag == "script")
    assert "style" not in {tag for tag, _ in page.tags}
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "trusted-types 'none'" in policy
    assert "unsafe" not in policy


def test_hostile_text_is_written_as_text(web: Served) -> None:
    run = web.ask(f"How many rpm has the mixer of the HX-999? {HOSTILE}")["run"]
    for path in (
        f"/w/desk/runs/{run}",
        f"/w/desk/ask?run={run}",
        "/w/desk/runs",
        "/w/desk/document?path=hostile.md",
    ):
        text = web.client().get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_the_passage_is_marked_once_where_it_stands(web: Served) -> None:
    page = web.client().get("/w/desk/document?path=gland.md&start=9&end=22").text
    marked = re.findall(r"<mark[^>]*>(.*?)</mark>", page)
    assert "".join(marked) == "Tighten the g"
    assert page.count('id="passage"') == 1
    passage = web.client().get("/w/desk/passage?path=gland.md&start=9&end=22").json()
    assert passage["blocks"] == [
        ["head", [[[["Gland", False]]]]],
        ["text", [[[["Tighten the g", True], ["land bolts of the HX-200 to 35 Nm.", False]]]]],
    ]


def test_an_excerpt_begins_and_ends_between_words() -> None:
    text = "word " * 1000
    low, high = around(text, 2502, 2506)
    assert text[low - 1] == " "
    assert text[high] == " "
    assert (low, high) <= (2502, 2506)
    assert around("x" * 5000, 2000, 2010) == (2000, 2010)


@pytest.mark.parametrize(
    ("back", "address"), [("ask", "ask?run=0a"), ("runs", "runs/0a"), ("review", "review?case=0a")]
)
def test_a_passage_leads_back_to_where_it_was_opened(web: Served, back: str, address: str) -> None:
    page = web.client().get(f"/w/desk/document?path=gland.md&start=9&end=22&back={back}&run=0a").text
    assert f'href="/w/desk/{address}"' in page
    assert web.client().get("/w/desk/document?path=gland.md&back=//evil&run=0a").status_code == 422


def test_every_language_has_every_text_with_the_same_blanks() -> None:
    english = catalogue(LANGUAGES[0])
    for language in LANGUAGES[1:]:
        own = catalogue(language)
        assert own.keys() == english.keys()
        for key, text in own.items():
            assert _blanks(text) == _blanks(english[key]), key
        assert sum(own[key] != english[key] for key in own) > 0.8 * len(own)


def test_every_metric_of_ours_is_told_in_the_language_of_the_page(web: Served) -> None:
    metrics = measures_of(web.flow.wiring).metrics
    english, german = wording("en"), wording("de")
    for metric in metrics:
        name, _, k = metric.name.partition("@")
        assert catalogue("en")[f"metric.{name}"].format(k=k) == metric.says == english.measures(metric)
        assert german.measures(metric) != metric.says, metric.name
    own = Metric(name="politeness", unit="share", higher_is_better=True, says="how polite it is")
    assert german.measures(own) == own.says


def test_a_place_in_a_document_is_told_in_the_language_of_the_page() -> None:
    places = (
        Locator(page=3, heading=("Gland", "Torques")), Locator(slide=2), Locator(sheet="Parts", cells="A1:B2"),
        Locator(row=7), Locator(part="body"), Locator(),
    )  # fmt: skip
    assert [wording("en").place(one) for one in places] == [str(one) for one in places]
    assert [wording("de").place(one) for one in places] == [
        "Seite 3, Gland > Torques", "Folie 2", "Blatt Parts, A1:B2", "Zeile 7", "body", "",
    ]  # fmt: skip


def test_a_share_of_nothing_has_no_bar() -> None:
    assert share_bar(0.0, wording("en")).width == "0.00%"
    assert share_bar(0.25, wording("de")).words == "25 %"


def test_every_text_is_used_and_every_key_has_one() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in WEB.rglob("*") if path.suffix in (".py", ".html", ".js")
    )
    named = set(re.findall(r"""\bt\(\s*["']([a-z_.]*[a-z_])["']\s*[,)]""", source))
    assert named
    assert named <= catalogue("en").keys()
    for key in catalogue("en"):
        prefix, _, rest = key.partition(".")
        built = any(stem in source for stem in (f"{prefix}.", f"{key.rpartition('.')[0]}."))
        assert key in source or built or (prefix == "js" and f"texts.{rest}" in source), key
    assert {f"js.{name}" for name in re.findall(r"\btexts\.(\w+)", source)} <= catalogue("en").keys()


def _blanks(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_scripts_use_no_sink_that_trusted_types_guard() -> None:
    for name in STATIC:
        text = static_file(name)[0].decode()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.style\b", text
        ), name
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_bars_follow_each_other_and_stay_inside() -> None:
    made = bars([10.0, 0.0, 30.0], total_ms=80.0, t=wording("en"))
    assert [(bar.x, bar.width) for bar in made] == [
        ("0.00%", "12.50%"),
        ("12.50%", "0.50%"),
        ("12.50%", "37.50%"),
    ]
    for bar in bars([5.0, 5.0, 0.0], total_ms=1.0, t=wording("en")):
        assert float(bar.x[:-1]) + float(bar.width[:-1]) <= 100.001


def test_a_static_file_is_kept_for_ever_under_its_own_address_only(web: Served) -> None:
    page = web.client().get("/w/desk/ask").text
    address = re.search(r'href="(/static/[0-9a-f]+/app.css)"', page)
    assert address
    assert "immutable" in web.client().get(address[1]).headers["cache-control"]
    assert web.client().get("/static/0/app.css").headers["cache-control"] == "no-cache"
    assert web.client().get("/static/0/..%2ftexts%2fen.json").status_code == 404
    assert web.client().get("/static/0/none.js").status_code == 404


def test_health_readiness_and_the_description_of_the_interface(web: Served) -> None:
    nobody = web.client("")
    assert nobody.get("/healthz").json() == {"status": "ok"}
    assert nobody.get("/readyz").json() == {"status": "ok", "workflows": {}}
    paths = nobody.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/api/items", "/api/decisions", "/api/runs", "/api/runs/{run}", "/api/sync", "/healthz", "/readyz",
        "/api/reviews", "/api/reviews/next", "/api/reviews/{run}", "/api/reviews/{run}/claim",
        "/api/reviews/{run}/release", "/api/reviews/{run}/reassign", "/api/reviews/{run}/decision",
        "/api/reviews/{run}/golden", "/api/golden/change", "/api/golden/confirm", "/api/golden/discard",
    }  # fmt: skip


def test_an_unknown_workflow_is_none(web: Served) -> None:
    assert web.client().get("/w/other/ask").status_code == 404
    assert web.client().post("/api/items?workflow=other", json={"question": "x"}).status_code == 404
