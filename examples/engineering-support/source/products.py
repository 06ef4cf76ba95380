"""The HX pump data every manual takes its tables from, so that values agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Rows = list[list[str]]


@dataclass(frozen=True)
class Pump:
    """The service data of one pump size."""

    flow: int
    head: int
    pressure: int
    temperature: int
    speed: str
    mass: int
    oil: str
    packing_rings: int
    packing_section: str
    torques: dict[str, tuple[str, int]]
    ring_new: str
    ring_limit: str
    axial_gap: str
    runout: str
    parallel: str
    coupling: str
    drive_end: str
    pump_end: str


PUMPS: dict[str, Pump] = {
    "HX-150": Pump(
        1200,
        32,
        10,
        105,
        "2,900",
        58,
        "0.4",
        4,
        "8 x 8",
        {
            "Gland bolts": ("M8", 12),
            "Casing bolts": ("M12", 70),
            "Impeller nut": ("M16", 90),
            "Bearing cover screws": ("M8", 18),
            "Foot bolts": ("M12", 65),
            "Coupling guard screws": ("M6", 8),
            "Drain plug": ("G 1/4", 20),
        },
        "0.30",
        "0.70",
        "0.5",
        "0.05",
        "0.10",
        "KD-28",
        "6305 C3",
        "6205 C3",
    ),
    "HX-200": Pump(
        2000,
        38,
        10,
        105,
        "2,900",
        84,
        "0.6",
        5,
        "10 x 10",
        {
            "Gland bolts": ("M10", 24),
            "Casing bolts": ("M12", 75),
            "Impeller nut": ("M20", 140),
            "Bearing cover screws": ("M8", 20),
            "Foot bolts": ("M16", 150),
            "Coupling guard screws": ("M6", 8),
            "Drain plug": ("G 3/8", 30),
        },
        "0.35",
        "0.80",
        "0.6",
        "0.05",
        "0.10",
        "KD-38",
        "6307 C3",
        "6207 C3",
    ),
    "HX-250": Pump(
        3200,
        41,
        16,
        120,
        "1,450",
        132,
        "1.1",
        5,
        "12 x 12",
        {
            "Gland bolts": ("M10", 32),
            "Casing bolts": ("M16", 170),
            "Impeller nut": ("M24", 210),
            "Bearing cover screws": ("M10", 38),
            "Foot bolts": ("M16", 160),
            "Coupling guard screws": ("M8", 18),
            "Drain plug": ("G 1/2", 45),
        },
        "0.40",
        "0.90",
        "0.8",
        "0.06",
        "0.12",
        "KD-38",
        "6309 C3",
        "6209 C3",
    ),
    "HX-300": Pump(
        5000,
        46,
        16,
        120,
        "1,450",
        178,
        "1.4",
        6,
        "12 x 12",
        {
            "Gland bolts": ("M12", 48),
            "Casing bolts": ("M16", 185),
            "Impeller nut": ("M27", 280),
            "Bearing cover screws": ("M10", 40),
            "Foot bolts": ("M20", 290),
            "Coupling guard screws": ("M8", 18),
            "Drain plug": ("G 1/2", 45),
        },
        "0.45",
        "1.00",
        "0.8",
        "0.06",
        "0.12",
        "KD-48",
        "6311 C3",
        "6211 C3",
    ),
}


def torque_rows(model: str) -> Rows:
    """The torque table of one size."""
    rows = [[name, thread, f"{torque} Nm"] for name, (thread, torque) in PUMPS[model].torques.items()]
    return [["Fastener", "Thread", "Torque"], *rows]


def clearance_rows(model: str) -> Rows:
    """The clearances and wear limits of one size."""
    pump = PUMPS[model]
    return [
        ["Dimension", "New", "Limit"],
        ["Wear ring clearance (diameter)", f"{pump.ring_new} mm", f"{pump.ring_limit} mm"],
        ["Axial gap impeller to casing", f"{pump.axial_gap} mm", f"{pump.axial_gap} mm +0.2 mm"],
        ["Shaft run-out at the sleeve", "0.02 mm", f"{pump.runout} mm"],
        ["Coupling parallel offset", "0.05 mm", f"{pump.parallel} mm"],
    ]


def data_rows(model: str) -> Rows:
    """The technical data of one size."""
    pump = PUMPS[model]
    return [
        ["Property", "Value"],
        ["Rated flow", f"{pump.flow:,} l/min"],
        ["Rated head", f"{pump.head} m"],
        ["Maximum working pressure", f"{pump.pressure} bar"],
        ["Maximum liquid temperature", f"{pump.temperature} °C"],
        ["Speed", f"{pump.speed} rpm"],
        ["Mass without motor", f"{pump.mass} kg"],
        ["Oil in the bearing frame", f"{pump.oil} l"],
        ["Packing rings", f"{pump.packing_rings} rings, {pump.packing_section} mm"],
        ["Bearing, drive end", pump.drive_end],
        ["Bearing, pump end", pump.pump_end],
        ["Coupling", pump.coupling],
    ]


TABLES: dict[str, Callable[..., Rows]] = {
    "torque": torque_rows,
    "clearance": clearance_rows,
    "data": data_rows,
}
