from __future__ import annotations

from holdfast.domain.checks import Citation
from holdfast.domain.documents import Metadata
from holdfast.domain.prompts import Passage
from holdfast.stages.deciding.ambiguity import open_choice, open_range

ROWS = (
    "Pump | Serial from | Serial to | Kit\n"
    "HX-200 | 18-0001 | 24-0499 | SK-1200\n"
    "HX-200 | 24-0500 | open | SK-1201\n"
    "HX-250 | all | all | SK-1250"
)
TABLE = Passage(n=1, document="kits.xlsx", text=ROWS, start=0, end=len(ROWS), chunk_id=1)


def cited(row: str) -> tuple[Citation, ...]:
    return (Citation(n=1, document="kits.xlsx", title="Kits", quote=row, start=0, end=len(row)),)


def test_a_row_for_one_range_of_serials_is_asked_back_when_no_serial_is_named() -> None:
    row = "HX-200 | 24-0500 | open | SK-1201"
    assert open_range("Which kit for an HX-200?", (TABLE,), cited(row)) == (
        "serial",
        ("18-0001 to 24-0499", "24-0500 to open"),
    )
    assert open_range("Which kit for the HX-200 24-0731?", (TABLE,), cited(row)) is None


def test_a_row_that_holds_for_all_serials_is_plain() -> None:
    assert open_range("Which kit for an HX-250?", (TABLE,), cited("HX-250 | all | all | SK-1250")) is None


def test_who_decides_is_never_asked_back_by_product() -> None:
    passages = tuple(
        Passage(
            n=n,
            document=f"{product}.md",
            text=f"The {product} desk decides about claims.",
            start=0,
            end=40,
            metadata=Metadata(title=product, keys={"product": (product,)}),
            chunk_id=n,
            score=1.0,
        )
        for n, product in enumerate(("HX-200", "HX-250"), 1)
    )
    assert open_choice("Who decides about claims?", {}, passages, ("product",)) is None
