"""The JSON of a calibration."""

from __future__ import annotations

from typing import Any

from holdfast.evaluation.calibration.calibrating import ERROR, Calibration, Level
from holdfast.evaluation.calibration.reliability import Reliability
from holdfast.evaluation.calibration.risk_coverage import RiskCoverage
from holdfast.evaluation.intervals import Interval


def calibrate_json(made: Calibration) -> dict[str, Any]:
    """Return a calibration as other tools read it; shares are between 0 and 1."""
    refusing = made.refusing
    return {
        "v": 1,
        "cases": made.items,
        "drafts": made.drafts,
        "groups": made.clusters,
        "error_budget": made.budgets.wrong,
        "level": 1 - ERROR,
        "reliability": _reliability(made.reliability) if made.reliability else None,
        "risk_coverage": _curve(made.curve) if made.curve else None,
        "declared": _level(made.now, made.items),
        "promised": _level(made.chosen, made.items) if made.chosen else None,
        "changes": made.changes(),
        "needed": {"answers": made.needed.at_least, "cases": made.needed.items},
        "held_out": {
            "answered": made.held_out.answered,
            "wrong": made.held_out.wrong,
            "folds_with_a_choice": made.held_out.chosen_in,
        },
        "refused_outright": {
            "declared": refusing.now,
            "declared_right": refusing.now_right,
            "missed_budget": made.budgets.missed,
            "refuse_below": refusing.refuse_below,
            "bound": round(refusing.bound, 4) if refusing.refuse_below is not None else None,
        },
        "wrong": [{"case": one.case, "confidence": round(one.confidence, 4)} for one in made.wrong],
    }


def _reliability(one: Reliability) -> dict[str, Any]:
    return {
        "ece": _interval(one.ece),
        "ece_plain": round(one.ece_plain, 4),
        "ece_by_chance": round(one.ece_by_chance, 4),
        "too_sure": one.is_too_sure,
        "brier": _interval(one.brier),
        "bins": [
            {
                "from": round(each.low, 4),
                "to": round(each.high, 4),
                "drafts": each.count,
                "stated": round(each.confidence, 4),
                "right": round(each.right, 4),
                "interval": [round(each.right_low, 4), round(each.right_high, 4)],
            }
            for each in one.bins
        ],
    }


def _curve(one: RiskCoverage) -> dict[str, Any]:
    return {
        "aurc": _interval(one.aurc),
        "aurc_at_best": round(one.aurc_at_best, 4),
        "points": [
            {
                "confidence": round(point.confidence, 4),
                "coverage": round(point.coverage, 4),
                "answered": point.answered,
                "wrong": point.wrong,
                "interval": [round(point.risk_low, 4), round(point.risk_high, 4)],
            }
            for point in one.points
        ],
    }


def _level(level: Level, items: int) -> dict[str, Any]:
    return {
        "answer_at": level.thresholds.answer_at,
        "refuse_below": level.thresholds.refuse_below,
        "support_at": level.thresholds.support_at,
        "answered": level.answered,
        "coverage": round(level.answered / items, 4),
        "wrong": level.wrong,
        "bound": round(level.bound, 4),
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "value": round(interval.mean, 4),
        "interval": [round(interval.low, 4), round(interval.high, 4)],
    }
