from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from holdfast.domain.access import AccessList
from holdfast.domain.documents import (
    Metadata,
    ParsedDocument,
    ParseStatus,
    RawDocument,
    Section,
    Status,
)
from holdfast.domain.locators import Locator
from holdfast.errors import DeclarationError
from holdfast.stages.enriching.enricher import PathMatch, RuleEnricher
from holdfast.stages.enriching.settings import EnrichingSettings
from holdfast.stages.sources.patterns import compile_pattern


def compile_path(pattern: str) -> PathMatch:
    return compile_pattern(pattern).matches


def raw(path: str = "docs/a.md", **properties: str) -> RawDocument:
    return RawDocument(
        source="docs",
        path=path,
        data=b"x",
        digest="d",
        access=AccessList(entries=frozenset({"sales"})),
        stamp="1",
        properties=properties,
    )


def parsed(text: str, *headings: str, **properties: str) -> ParsedDocument:
    locator = Locator(heading=headings)
    return ParsedDocument(
        text=text, sections=(Section(start=0, end=len(text), locator=locator),), properties=properties
    )


def enriched(
    text: str = "", *headings: str, path: str = "docs/a.md", chosen: object = None, **properties: str
) -> Metadata:
    enricher = RuleEnricher(EnrichingSettings.model_validate(chosen or {}), compile_path=compile_path)
    return enricher.enrich(raw(path), parsed(text, *headings, **properties)).metadata


def test_everything_else_of_the_document_is_passed_on() -> None:
    given_raw = raw("a.pdf")
    given_parsed = ParsedDocument(text="text", status=ParseStatus.PARTIAL, reason="3 of 4 pages")
    document = RuleEnricher().enrich(given_raw, given_parsed)
    assert (document.source, document.path, document.digest) == ("docs", "a.pdf", "d")
    assert (document.access, document.stamp) == (given_raw.access, "1")
    assert (document.text, document.status, document.reason) == ("text", ParseStatus.PARTIAL, "3 of 4 pages")


@pytest.mark.parametrize(
    ("properties", "headings", "path", "title"),
    [
        ({"title": "Pump HX-200"}, ("Contents",), "a.md", "Pump HX-200"),
        ({"title": "Microsoft Word - manual_v2.doc"}, ("Pump HX-200",), "a.md", "Pump HX-200"),
        ({"title": "untitled"}, (), "Warranty_policy.pdf", "Warranty policy"),
        ({"title": "Document1"}, (), "SB-2024-03.docx", "SB-2024-03"),
        ({"title": "manual.indd"}, (), "pump-manual.pdf", "pump manual"),
        ({"title": "12345"}, (), "a/b/HX-200_torque-table.xlsx", "HX-200 torque table"),
        ({"title": "PowerPoint Presentation"}, ("Slide 1",), "kick-off.pptx", "kick off"),
        ({"subject": "Order 4711 delayed"}, (), "mail.eml", "Order 4711 delayed"),
        ({"title": "  Two\n lines "}, (), "a.md", "Two lines"),
        ({}, (), "price-list-2026.xlsx", "price list 2026"),
        ({}, (), "sb-2024-03-relief-valve.pdf", "sb-2024-03-relief valve"),
        ({}, (), "README", "README"),
        ({}, (), "in/mail.eml/offer 2.pdf", "offer 2"),
    ],
)
def test_the_title_is_the_best_there_is(
    properties: dict[str, str], headings: tuple[str, ...], path: str, title: str
) -> None:
    assert enriched("text", *headings, path=path, **properties).title == title


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ("FP-07 Variance policy\n\nValid from 1 January.\n\n", "FP-07 Variance policy"),
        ("Valid from 1 January.\n\n", "fp 07"),
        ("", "fp 07"),
    ],
)
def test_the_heading_of_the_first_part_is_not_the_title(above: str, title: str) -> None:
    text = f"{above}1 Materiality\n\nA variance is explained."
    part = Section(start=len(above), end=len(text), locator=Locator(heading=("1 Materiality",)))
    sections = (Section(start=0, end=len(above), locator=Locator()), part)[not above :]
    document = ParsedDocument(text=text, sections=sections)
    assert RuleEnricher().enrich(raw("fp_07.pdf"), document).metadata.title == title


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Effective: 2024-03-01", date(2024, 3, 1)),
        ("**Effective date:** 1 March 2024", date(2024, 3, 1)),
        ("Effective from | March 1st, 2024", date(2024, 3, 1)),
        ("| Effective | 01.03.2024 |", date(2024, 3, 1)),
        ("Gültig ab: 1. März 2024", date(2024, 3, 1)),
        ("Gültig ab: 1.3.24", date(2024, 3, 1)),
        ("En vigueur : 1er mars 2024", date(2024, 3, 1)),
        ("Valid from: 2024/03/01 on", date(2024, 3, 1)),
        ("Date: 20240301", date(2024, 3, 1)),
        ("Last updated: 31/12/2023", date(2023, 12, 31)),
        ("Last updated: 12/31/2023", date(2023, 12, 31)),
        ("Date: Fri, 01 Mar 2024 10:00:00 +0100", date(2024, 3, 1)),
        ("Stand: 15. Januar 2023", date(2023, 1, 15)),
        ("Effective: 2024-02-31", None),
        ("Effective: version 1.2.3.4", None),
        ("Effective: always", None),
        ("The date: not a label that counts 2024-01-01", None),
    ],
)
def test_the_effective_date_is_read_near_the_top(line: str, found: date | None) -> None:
    assert enriched(f"# Manual\n\n{line}\n\nText of 2019-01-01.").effective == found


def test_an_ambiguous_date_is_read_as_it_is_set() -> None:
    text = "Effective: 03/04/2024"
    assert enriched(text).effective == date(2024, 4, 3)
    assert enriched(text, chosen={"date_order": "month first"}).effective == date(2024, 3, 4)


def test_front_matter_wins_over_the_text_and_the_text_over_the_last_change() -> None:
    text = "Date: 2022-02-02\nEffective: 2023-03-03"
    assert enriched(text, effective="2024-04-04").effective == date(2024, 4, 4)
    assert enriched(text, modified="2021-01-01").effective == date(2023, 3, 3)
    assert enriched("text", modified="2021-01-01T10:00:00").effective == date(2021, 1, 1)


def test_the_last_change_of_the_file_stands_in_where_nothing_else_is_known() -> None:
    document = RuleEnricher().enrich(raw(modified="2020-05-06"), parsed("text"))
    assert (document.metadata.effective, document.metadata.created) == (date(2020, 5, 6), None)


def test_a_declared_pattern_finds_the_date_where_the_team_writes_it() -> None:
    chosen = {"effective_dates": (r"Rev\. \w+ of (.{10})",)}
    assert enriched("Rev. C of 2024-03-01\n", chosen=chosen).effective == date(2024, 3, 1)


def test_the_day_of_making_comes_from_the_properties() -> None:
    assert enriched("x", created="D:20240301120000Z").created == date(2024, 3, 1)


@given(text=st.text("0123456789./- JanuaryMärz:Date\n", max_size=200))
def test_no_text_breaks_the_search_for_dates(text: str) -> None:
    found = enriched("Effective: " + text).effective
    assert found is None or 1900 <= found.year <= 2100


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The pump has to be switched off before the cover is opened and the seal is changed.", "en"),
        (
            "Die Pumpe muss abgeschaltet werden, bevor der Deckel geöffnet und die Dichtung gewechselt wird.",
            "de",
        ),
        ("La pompe doit être arrêtée avant d'ouvrir le couvercle et de changer le joint d'étanchéité.", "fr"),
        ("HX-200 | 24 Nm", ""),
        ("", ""),
    ],
)
def test_the_language_is_told_or_left_open(text: str, language: str) -> None:
    assert enriched(text).language == language


SAID = {
    "en": "The pump has to be switched off before the cover is opened and the seal is changed. ",
    "de": "Die Pumpe muss abgeschaltet werden, bevor der Deckel geöffnet und die Dichtung gewechselt wird. ",
    "fr": "La pompe doit être arrêtée avant d'ouvrir le couvercle et de changer le joint d'étanchéité. ",
    "es": "La bomba debe apagarse antes de abrir la tapa y de cambiar la junta de estanqueidad. ",
    "it": "La pompa deve essere spenta prima di aprire il coperchio e di sostituire la guarnizione. ",
    "nl": "De pomp moet worden uitgeschakeld voordat het deksel wordt geopend en de afdichting vervangen. ",
    "pt": "A bomba deve ser desligada antes de abrir a tampa e de substituir a vedação do eixo. ",
}


@given(head=st.sampled_from(sorted(SAID)), body=st.sampled_from(sorted(SAID)), shift=st.integers(0, 60))
def test_a_text_that_begins_in_another_language_is_in_that_of_most_of_it(
    head: str, body: str, shift: int
) -> None:
    assert enriched(SAID[head] + SAID[body][shift:] + SAID[body] * 10).language == body


def test_a_stated_language_is_taken() -> None:
    assert enriched("short", lang="de-CH").language == "de"


@pytest.mark.parametrize(
    ("text", "properties", "path", "status"),
    [
        ("text", {}, "a.md", Status.APPROVED),
        ("text", {"status": "Draft"}, "a.md", Status.DRAFT),
        ("text", {"status": "in review"}, "a.md", Status.DRAFT),
        ("text", {"status": "Obsolete"}, "a.md", Status.SUPERSEDED),
        ("text", {"status": "something else"}, "a.md", Status.APPROVED),
        ("# Manual\n\n**Status:** draft (rev. B)\n", {}, "a.md", Status.DRAFT),
        ("| Status | Superseded |\n", {}, "a.md", Status.SUPERSEDED),
        ("Status: approved\n\nDRAFT\n", {}, "a.md", Status.APPROVED),
        ("*** DRAFT ***\n\nText", {}, "a.md", Status.DRAFT),
        ("The draft of a letter is in the annex.", {}, "a.md", Status.APPROVED),
        ("Order status: draft", {}, "a.md", Status.APPROVED),
        ("text", {"status": "approved"}, "drafts/a.md", Status.DRAFT),
        ("text", {}, "archive/2019/a.md", Status.SUPERSEDED),
        ("x\n" * 3000 + "Status: draft", {}, "a.md", Status.APPROVED),
    ],
)
def test_the_status_is_told_by_path_front_matter_or_the_first_lines(
    text: str, properties: dict[str, str], path: str, status: Status
) -> None:
    chosen = {"status_paths": {"draft": ["drafts/**"], "superseded": ["archive/**"]}}
    assert enriched(text, path=path, chosen=chosen, **properties).status is status


@pytest.mark.parametrize(
    ("text", "supersedes", "superseded_by"),
    [
        ("Supersedes: SB-2023-01, SB-2023-02\n", ("SB-2023-01", "SB-2023-02"), ""),
        ("Superseded by: SB-2024-03\n", (), "SB-2024-03"),
        ("SUPERSEDED BY SB-2024-03.\n\nOld text", (), "SB-2024-03"),
        ("> **Superseded by service bulletin SB-2024-03**", (), "SB-2024-03"),
        ("This bulletin supersedes SB-2023-01 and SB-2023-02.", ("SB-2023-01", "SB-2023-02"), ""),
        ("Dieses Dokument ersetzt SB-2023-01.", ("SB-2023-01",), ""),
        ("This document has been replaced by MAN-7/B.", (), "MAN-7/B"),
        ("Ersetzt durch: SB-2024-03", (), "SB-2024-03"),
        ("Supersedes: none\nSuperseded by: -\n", (), ""),
        ("This bulletin does not supersede SB-2023-01.", (), ""),
        ("This bulletin is not superseded by SB-2024-03.", (), ""),
        ("The pump HX-300 replaces HX-200 in all sizes.", (), ""),
        ("Seal 4711 was superseded by seal 4712.", (), ""),
        ("Supersedes: Travel and Expense Policy 2023\n", ("Travel and Expense Policy 2023",), ""),
        ("**Replaces and supersedes:** Travel Policy 2022\n", ("Travel Policy 2022",), ""),
        ("This version supersedes old.md", ("old.md",), ""),
        ("This policy replaces the Travel Policy 2022.", ("the Travel Policy 2022",), ""),
        ("This policy replaces and supersedes travel-2022.md.", ("travel-2022.md",), ""),
        ("This replaces the Travel Policy.", ("the Travel Policy",), ""),
        (
            "This policy supersedes the Travel\nPolicy of 2022 and is effective from 1 March. Text.",
            ("the Travel Policy of 2022 and is effective from 1 March",),
            "",
        ),
        (
            "Diese Richtlinie ersetzt die Reiserichtlinie 2022 und gilt ab 1. März.",
            ("die Reiserichtlinie 2022 und gilt ab 1. März",),
            "",
        ),
        ("Diese Richtlinie löst die Reiserichtlinie 2022 ab.", ("die Reiserichtlinie 2022",), ""),
        ("This policy has been superseded by the Travel Policy 2024.", (), "the Travel Policy 2024"),
        ("This policy supersedes all previous versions.", (), ""),
        ("This agreement supersedes any prior agreement between the parties.", (), ""),
        ("This policy replaces the need for a manager's approval.", (), ""),
        ("This kit replaces HX-200.", (), ""),
        ("This replaces HX-200.", (), ""),
        ("Diese Richtlinie ersetzt nicht die Reiserichtlinie 2022.", (), ""),
        ("Diese Anleitung löst keine Alarme aus.", (), ""),
    ],
)
def test_documents_say_which_they_supersede(
    text: str, supersedes: tuple[str, ...], superseded_by: str
) -> None:
    found = enriched("# Bulletin\n\n" + text)
    assert (found.supersedes, found.superseded_by) == (supersedes, superseded_by)
    assert found.status is (Status.SUPERSEDED if superseded_by else Status.APPROVED)


@pytest.mark.parametrize(
    ("title", "said", "supersedes"),
    [
        ("Nord Tarif 2026", "Gültig ab 1. Januar 2026. Ersetzt Nord Tarif 2025.", "Nord Tarif 2025"),
        ("Outlook 3/2026", "Prepared 14 October 2026. Supersedes Outlook 2/2026.", "Outlook 2/2026"),
        (
            "Freight rates 2026",
            "These replace nothing. Replaces the Freight rates 2025.",
            "the Freight rates 2025",
        ),
        ("Seal kits 2026", "For all sizes. Replaces HX-200.", ""),
        ("Seal kits 2026", "For all sizes. Replaces Seal rings 2025.", ""),
        ("Seal kits 2026", "Valid from May. Replaces Seal kits 2026.", ""),
    ],
)
def test_another_edition_of_its_own_title_is_superseded_wherever_in_a_line_it_says_so(
    title: str, said: str, supersedes: str
) -> None:
    assert enriched(f"# {title}\n\n{said}", title).supersedes == ((supersedes,) if supersedes else ())


@pytest.mark.parametrize("spelt", [str, str.upper, str.capitalize, lambda words: words.replace(" ", "\n")])
@pytest.mark.parametrize(
    "verb",
    [
        "supersedes", "replaces", "obsoletes", "ersetzt", "tritt an die Stelle", "annule et remplace", "remplace",
        "reemplaza a", "sustituye a", "sostituisce", "vervangt",
    ],
)  # fmt: skip
def test_every_verb_of_replacing_is_seen_however_it_is_spelt(verb: str, spelt: Callable[[str], str]) -> None:
    assert enriched(f"This policy {spelt(verb)} TP-2022.").supersedes == ("TP-2022",)


@pytest.mark.parametrize("spelt", [str, str.upper, str.capitalize, lambda words: words.replace(" ", "\n")])
@pytest.mark.parametrize(
    "verb",
    [
        "superseded by", "replaced by", "obsoleted by", "cancelled by", "ersetzt durch", "abgelöst durch",
        "abgelöst von", "remplacé par", "remplacée par", "reemplazado por", "reemplazada por", "sostituito da",
        "sostituita da", "vervangen door",
    ],
)  # fmt: skip
def test_every_verb_of_being_replaced_is_seen_however_it_is_spelt(
    verb: str, spelt: Callable[[str], str]
) -> None:
    assert enriched(f"This policy {spelt(verb)} TP-2024.").superseded_by == "TP-2024"


def test_a_letter_that_is_the_same_in_another_case_hides_no_verb() -> None:
    assert enriched("This policy \u017fuper\u017fedes TP-2022.").supersedes == ("TP-2022",)
    assert enriched("This policy REEMPLAZADO POR TP-2024.").superseded_by == "TP-2024"


def test_documents_that_replace_nothing_cost_no_patterns_of_their_own_titles() -> None:
    started = time.process_time()
    for number in range(1_000):
        enriched(f"# Policy {number}\n\nPump {number} is greased every week.\n", title=f"Policy {number}")
    assert time.process_time() - started < 1.0  # 2.1 s for a pattern of each title


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Document: WP-2022", "WP-2022"),
        ("| Document no. | MM-HX200-EN, revision D |", "MM-HX200-EN"),
        ("**Policy number:** HR-4/2021", "HR-4/2021"),
        ("Dokumentennummer: QA-17", "QA-17"),
        ("Dokument-Nr.: QA-17", "QA-17"),
        ("Document ID: 4711", ""),
        ("Document: a.pdf", ""),
        ("Document: WP-2022 tells more", ""),
        ("Reference: SB-2022-03", ""),
        ("See document: the one of 2022", ""),
    ],
)
def test_the_number_that_a_document_calls_itself_by_is_found(line: str, number: str) -> None:
    assert enriched(f"# Warranty\n\n{line}\n").number == number


def test_front_matter_says_the_number() -> None:
    assert enriched(document_number="WP-2022").number == "WP-2022"


def test_front_matter_says_which_document_supersedes() -> None:
    found = enriched("x", supersedes="a.md, b.md", superseded_by="c.md")
    assert (found.supersedes, found.superseded_by) == (("a.md", "b.md"), "c.md")


def test_declared_keys_are_found_front_matter_first_then_by_frequency() -> None:
    chosen = {"keys": {"product": [r"\bHX-\d{3}\b"], "customer": [r"(?i)customer:\s*(\w+)"], "none": ["zzz"]}}
    text = "HX-300 fits. HX-100, HX-200 and HX-200 too.\nCustomer: ACME\n"
    found = enriched(text, path="HX-400/a.md", chosen=chosen, product="HX-900, HX-800")
    assert found.keys == {
        "product": ("HX-900", "HX-800", "HX-200", "HX-400", "HX-300", "HX-100"),
        "customer": ("ACME",),
    }


def test_the_front_matter_can_bring_keys_that_are_not_declared() -> None:
    assert enriched("x", **{"keys.site": "Linz, Graz"}).keys == {"site": ("Linz", "Graz")}


def test_keys_beyond_the_searched_characters_are_not_found() -> None:
    chosen = {"keys": {"product": [r"HX-\d{3}"]}, "read_characters": 1000}
    assert enriched("HX-100" + " " * 2000 + "HX-200", chosen=chosen).keys == {"product": ("HX-100",)}


def test_a_pattern_that_runs_away_ends_in_bounded_time() -> None:
    chosen = {"keys": {"bad": [r"(\w+\s?)+:x(a|aa)+$", r"(a|aa)+b(a|aa)+c"]}}
    began = time.perf_counter()
    enriched("a" * 3000, chosen=chosen)
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    "chosen",
    [
        {"keys": {"product": ["("]}},
        {"keys": {"product": ["x*"]}},
        {"keys": {"product": ["x" * 2000]}},
        {"effective_dates": ["no group"]},
        {"languages": ["english"]},
        {"status_paths": {"gone": ["x"]}},
        {"kies": {}},
    ],
)
def test_wrong_settings_are_refused(chosen: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EnrichingSettings.model_validate(chosen)


def test_a_wrong_path_pattern_is_refused_with_its_setting() -> None:
    settings = EnrichingSettings(status_paths={Status.DRAFT: ("[a",)})
    with pytest.raises(DeclarationError, match=r"status_paths has the pattern '\[a'"):
        RuleEnricher(settings, compile_path=compile_path)


def test_the_version_follows_the_settings() -> None:
    assert RuleEnricher().version == RuleEnricher(EnrichingSettings()).version
    assert RuleEnricher().version != RuleEnricher(EnrichingSettings(languages=("en",))).version


@given(text=st.text(max_size=300), path=st.text("abc/. -_", min_size=1, max_size=20))
def test_any_document_can_be_enriched(text: str, path: str) -> None:
    assert enriched(text, path=path).status in tuple(Status)
