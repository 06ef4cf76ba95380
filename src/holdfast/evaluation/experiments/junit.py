"""Write an evaluation as JUnit XML, a test case for every golden case, for the pages of CI systems."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree as ET

from holdfast.domain.experiments import CaseRun
from holdfast.evaluation.experiments.report import Report

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, rows: tuple[CaseRun, ...]) -> bytes:
    """Return the document: failed where a metric finds fault, skipped where a case was not run.

    The gate is a test case of its own, so that a build's page shows why it failed.
    """
    whys: dict[str, list[str]] = defaultdict(list)
    for failure in report.failures:
        whys[failure.case].append(f"{failure.metric}: {failure.why}")
    took: dict[str, float] = defaultdict(float)
    kinds: dict[str, str] = {}
    for row in rows:
        took[row.case] += row.took_s
        kinds[row.case] = row.kind
    suite = ET.Element(
        "testsuite", name=_clean(f"holdfast {report.workflow}"), tests=str(len(kinds) + 1),
        failures=str(len(whys) + (report.result == "fail")), skipped=str(len(report.not_run)), errors="0",
        time=f"{report.took_s:.3f}",
    )  # fmt: skip
    gate = ET.SubElement(suite, "testcase", classname="gate", name="gate", time="0")
    told = "; ".join(report.because)
    if report.result == "fail":
        ET.SubElement(gate, "failure", message=_clean(told)).text = _clean("\n".join(report.because))
    elif told:
        ET.SubElement(gate, "system-out").text = _clean(told)
    for case in sorted(kinds):
        place = _clean(kinds[case] or "cases")
        item = ET.SubElement(
            suite, "testcase", classname=place, name=_clean(case), time=f"{took[case]:.3f}"
        )  # fmt: skip
        if case in report.not_run:
            ET.SubElement(item, "skipped", message=_clean(report.not_run[case]))
        elif case in whys:
            message = _clean(whys[case][0])
            ET.SubElement(item, "failure", message=message).text = _clean("\n".join(whys[case]))
    written: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def _clean(text: str) -> str:
    """Return the text without what XML cannot hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
