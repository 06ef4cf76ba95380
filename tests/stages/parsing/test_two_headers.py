"""Headers of CSV files in two rows name every column by group and name; a row of data never becomes one."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.texts import delimited
from holdfast.stages.parsing.units import ReadingLimits

NUMBERS = "North,1,2,3,4\nSouth,5,6,7,8\n"


def parsed(text: str) -> ParsedDocument:
    return judge(collect(delimited.read(text.encode(), ReadingLimits())), ended=None)


@pytest.mark.parametrize(
    ("above", "header"),
    [
        (",Q1,,Q2,\nRegion,Plan,Actual,Plan,Actual\n", "Region | Q1 Plan | Q1 Actual | Q2 Plan | Q2 Actual"),
        ("Region,Q1,,Q2,\n,Plan,Actual,Plan,Actual\n", "Region | Q1 Plan | Q1 Actual | Q2 Plan | Q2 Actual"),
        (",2023,,2024,\nRegion,Plan,Actual,Plan,Actual\n", "Region | 2023 Plan | 2023 Actual | 2024 Plan | 2024 Actual"),
        (",Plan,,Actual,\nRegion,2023,2024,2023,2024\n", "Region | Plan 2023 | Plan 2024 | Actual 2023 | Actual 2024"),
        (",Q1,,Q2,\nRegion,Plan,Actual,Plan,Notes\n", "Region | Q1 Plan | Q1 Actual | Q2 Plan | Notes"),
        (",Site,,,Cost\nName,Pumps,Valves,Tanks,Total\n", "Name | Site Pumps | Site Valves | Site Tanks | Cost Total"),
    ],
)  # fmt: skip
def test_groups_above_names_name_every_column(above: str, header: str) -> None:
    found = parsed(above + NUMBERS)
    (table,) = found.sections
    assert table.header == header
    assert found.text.count("North") == 1


def test_rows_are_counted_from_the_first_below_both() -> None:
    found = parsed(",Q1,,Q2,\nRegion,Plan,Actual,Plan,Actual\n" + NUMBERS)
    (table,) = found.sections
    assert [str(locator) for locator in table.row_locators][-2:] == ["row 1", "row 2"]


@pytest.mark.parametrize(
    "text",
    [
        "Region,Q1,Q2\nNorth,good,good\nSouth,1,2\nEast,3,4\n",
        ",Q1,,Q2,\nNorth,good,bad,good,bad\nSouth,fair,bad,bad,good\nEast,bad,bad,good,good\n",
        ",Q1,,Q2,\nNorth,1,2,3,4\n" + NUMBERS,
        ",Built,,Sold,\nNorth,2019,2020,2021,2022\nSouth,2018,2019,2020,2021\nEast,2001,2002,2003,2004\n",
        ",Status,,Cost,\nNorth,good,bad,open,paid\nSouth,fair,bad,12,13\nEast,bad,bad,14,15\nWest,a,b,1,2\n",
        "Pump,,HX-200,\nSeal,ok,ok,worn\n",
    ],
)
def test_a_row_of_data_is_no_header(text: str) -> None:
    second = text.split("\n")[1].split(",")[1]
    assert all(second not in section.header for section in parsed(text).sections)
