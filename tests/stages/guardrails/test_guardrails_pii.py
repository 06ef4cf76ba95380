"""Personal data and secrets by pattern."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from holdfast.stages.guardrails.pii import Pii
from holdfast.stages.guardrails.pii_patterns import FINDERS
from holdfast.stages.guardrails.settings import PiiSettings, Term

KINDS = [*FINDERS, "phone"]
MASK_ALL = Pii(PiiSettings(**dict.fromkeys(KINDS, "mask")))

VALUES = {
    "email": ["ada@example.com", "a.b+c@mail.example.co.uk", "m\u00fcller@b\u00fccher.example"],
    "phone": ["+49 89 636 48018", "(415) 555-2671", "0049 89 63648018", "020 7946 0958", "415-555-2671"],
    "credit_card": ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "5555-5555-5555-4444"],
    "iban": ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "gb82west12345698765432"],
    "us_ssn": ["536-22-1234"],
    "de_tax_id": ["86095742719", "86 095 742 719"],
    "ip_address": ["192.168.1.20", "2001:db8::8a2e:370:7334"],
    "url": ["https://example.com/a?b=c", "www.example.com/a"],
    "url_credentials": ["postgresql://ada:pa55word@db.example.com/x"],
    "secret": [
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp" + "_" + "a1B2" * 9,
        "sk" + "-ant-" + "a1B2" * 9,
        "eyJ" + "hbGciOiJI" + ".eyJ" + "zdWIiOiIx" + "." + "abcDEF12_-",
        "-----BEGIN " + "PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    ],
}
SAMPLES = [(kind, value) for kind, values in VALUES.items() for value in values]


@pytest.mark.parametrize(("kind", "value"), SAMPLES)
def test_a_value_is_replaced_by_its_kind(kind: str, value: str) -> None:
    screening = MASK_ALL.screen(f"It reads {value} here.", direction="in")
    assert screening.text == f"It reads [{kind}] here."
    assert [(finding.kind, finding.action) for finding in screening.findings] == [(kind, "mask")]
    assert value not in screening.findings[0].detail


@pytest.mark.parametrize(
    "text",
    [
        "The card 4111111111111112 fails its check digit.",
        "DE89370400440532013001 fails mod 97.",
        "Seal kit part no. 536-22-1234 fits HP-200.",
        "Torque 24 Nm at 3,000 rpm, 16 bar, 2024-05-01 08:30:00, 1.5 x 10^6 cycles.",
        "Order 4500123456 has item 10 and 20.",
        "Firmware version 10.2.0.4 is current.",
        "Use std::vector at 12:30:45.",
        "Pump HP-200-415-555 costs 1 234 567.",
        "Sizes 12 14 16 18 20 22.",
    ],
)
def test_what_only_looks_like_personal_data_stays(text: str) -> None:
    assert MASK_ALL.screen(text, direction="in").text == text


def test_numbers_that_are_never_given_out_are_no_social_security_numbers() -> None:
    text = "000-12-3456, 666-12-3456, 536-00-1234, 536-22-0000"
    assert Pii(PiiSettings(phone="off")).screen(text, direction="in").findings == ()


def test_a_labelled_phone_is_found_without_a_valid_area() -> None:
    assert MASK_ALL.screen("Phone: 451 5986", direction="in").text == "Phone: [phone]"


def test_a_labelled_key_is_masked_and_its_label_stays() -> None:
    assert MASK_ALL.screen("api_key = 'q7Zk29fjw0Xb81mcPq55'", direction="in").text == "api_key = '[secret]'"


def test_by_default_mail_and_phone_are_noted_and_stay() -> None:
    text = "Write to ada@example.com or call +49 89 636 48018."
    screening = Pii().screen(text, direction="in")
    assert screening.text == text
    assert [(finding.kind, finding.action) for finding in screening.findings] == [
        ("email", "note"),
        ("phone", "note"),
    ]


def test_the_stricter_action_wins_where_two_kinds_overlap() -> None:
    guardrail = Pii(PiiSettings(url="note", email="mask"))
    masked = guardrail.screen("see https://example.com/u?mail=ada@example.com now", direction="in").text
    assert "ada@example.com" not in masked


def test_a_kind_can_block() -> None:
    blocked = Pii(PiiSettings(secret="block")).screen("AKIA" + "ABCDEFGHIJKLMNOP", direction="in").blocked
    assert blocked is not None
    assert blocked.kind == "secret"


def test_allowed_values_and_domains_stay() -> None:
    guardrail = Pii(PiiSettings(email="mask", allowed=("@example.com", "desk@other.org")))
    text = "ask Desk@Other.org, ada@example.com, bob@other.org"
    assert guardrail.screen(text, direction="in").text == "ask Desk@Other.org, ada@example.com, [email]"


def test_declared_terms_are_found_whole_across_lines_in_any_case() -> None:
    guardrail = Pii(PiiSettings(terms=(Term(name="customer", words=("Ada Lovelace", "ACME")),)))
    screened = guardrail.screen("ada\nLOVELACE of Acme, not of Acmeology", direction="in").text
    assert screened == "[customer] of [customer], not of Acmeology"


def test_a_declared_pattern_that_matches_masks_ends() -> None:
    guardrail = Pii(PiiSettings(terms=(Term(name="word", pattern=r"\w+"),)))
    once = guardrail.screen("seal ring", direction="in").text
    assert once == "[word] [word]"
    assert guardrail.screen(once, direction="in").text == once


@pytest.mark.parametrize(
    "terms",
    [
        ({"name": "email", "words": ["x"]},),
        ({"name": "a"}, {"name": "a"}),
        ({"name": "a", "pattern": "("},),
        ({"name": "a", "pattern": "x*"},),
    ],
)
def test_a_term_that_cannot_work_is_an_error(terms: tuple[dict, ...]) -> None:
    with pytest.raises(ValidationError):
        PiiSettings(terms=terms)  # type: ignore[arg-type]


def test_phonenumbers_is_not_imported_before_a_text_holds_a_number() -> None:
    code = (
        "import sys; from holdfast.stages.guardrails.pii import Pii; "
        "Pii().screen('Which seal fits 12 bolts at 3,000 rpm?', direction='in'); "
        "assert 'phonenumbers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


PIECES = st.lists(
    st.one_of(
        st.sampled_from([value for _, value in SAMPLES]),
        st.sampled_from([" ", "", "-", "@", ".", "[email]", "[", "]", "://", "1", "a"]),
        st.text(max_size=4),
    ),
    max_size=8,
).map("".join)


@given(PIECES)
def test_masking_leaves_no_value_that_could_be_found(text: str) -> None:
    masked = MASK_ALL.screen(text, direction="in").text
    assert MASK_ALL.detect(masked) == ()
    assert MASK_ALL.screen(masked, direction="in").text == masked


@given(st.sampled_from(SAMPLES))
def test_the_same_value_is_masked_in_the_same_way(sample: tuple[str, str]) -> None:
    kind, value = sample
    assert MASK_ALL.screen(f"{value} , {value}", direction="in").text == f"[{kind}] , [{kind}]"
