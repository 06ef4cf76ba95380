"""The rows of the example's workbooks, sheet by sheet."""

from __future__ import annotations

from source.workbooks import Rows

COMPATIBILITY: dict[str, Rows] = {
    "Seal kits": [
        ["Seal kits for HX pumps, as of 2025-09-01"],
        ["Pump", "Serial from", "Serial to", "Version", "Seal kit", "Elastomer"],
        ["HX-150", "all", "all", "G", "SK-1150", "EPDM"],
        ["HX-150", "all", "all", "M", "SK-1151", "EPDM"],
        ["HX-200", "18-0001", "24-0499", "G and M", "SK-1200", "EPDM"],
        ["HX-200", "24-0500", "open", "G and M", "SK-1201", "EPDM"],
        ["HX-200", "18-0001", "24-0499", "oil emulsion", "SK-1208", "NBR"],
        ["HX-200", "24-0500", "open", "oil emulsion", "SK-1209", "NBR"],
        ["HX-250", "all", "all", "G", "SK-1250", "EPDM"],
        ["HX-250", "all", "all", "M", "SK-1251", "EPDM"],
        ["HX-250", "all", "all", "K, cooled cover", "SK-1258", "FKM"],
        ["HX-300", "24-0001", "open", "G", "SK-1300", "EPDM"],
        ["HX-300", "24-0001", "open", "M", "SK-1301", "EPDM"],
    ],
    "Couplings": [
        ["Pump", "Motor size", "Coupling", "Pump bore mm", "Motor bore mm", "Spacer mm"],
        ["HX-150", "132", "KD-28", 24, 28, 0],
        ["HX-200", "160", "KD-38", 32, 38, 100],
        ["HX-250", "180", "KD-38", 38, 38, 140],
        ["HX-300", "225", "KD-48", 45, 48, 140],
        ["GP-40", "132", "KD-28", 22, 28, 0],
        ["GP-63", "160", "KD-38", 28, 38, 0],
        ["GP-100", "180", "KD-48", 32, 48, 0],
    ],
    "Bearings": [
        ["Pump", "Serial from", "Drive end", "Pump end", "Bearing set"],
        ["HX-150", "all", "6305 C3", "6205 C3", "P-401500"],
        ["HX-200", "18-0001", "6307 C3", "6207 C3", "P-402000"],
        ["HX-250", "all", "6309 C3", "6209 C3", "P-402500"],
        ["HX-300", "24-0001", "6311 C3", "6211 C3", "P-403000"],
    ],
    "Notes": [
        ["No.", "Note"],
        [1, "SK-1200 and SK-1201 look alike; the bag of SK-1201 has a blue stripe."],
        [2, "Seal kits hold packing rings and O-rings; cartridges are sold apart for the HX-150."],
        [3, "An HX-200 rebuilt with shaft P-410222 counts as serial 24-0500 and later."],
        [4, "SK-1258 must not be used with hot water above 140 °C."],
        [5, "Kits for bronze pumps HX-200B are the same as for cast iron."],
    ],
}

STOCKING: dict[str, Rows] = {
    "Partners": [
        ["Part", "Description", "1-3 pumps", "4-10 pumps", "More than 10"],
        ["SK-1200", "Seal kit HX-200 old bore", 1, 2, 4],
        ["SK-1201", "Seal kit HX-200 new bore", 1, 3, 6],
        ["SK-1250", "Seal kit HX-250", 1, 2, 4],
        ["P-410231", "Impeller nut HX-200", 2, 4, 8],
        ["P-410250", "Casing gasket HX-200", 2, 4, 8],
        ["P-420251", "Casing gasket HX-250", 2, 4, 8],
        ["P-402000", "Bearing set HX-200", 0, 1, 2],
        ["P-402500", "Bearing set HX-250", 0, 1, 2],
        ["P-610384", "Spider KD-38 red", 1, 3, 6],
    ],
    "Shelf life": [
        ["Material", "Years", "Storage"],
        ["EPDM parts", 5, "dark, below 25 °C"],
        ["NBR parts", 4, "dark, below 25 °C"],
        ["FKM parts", 10, "dark, below 30 °C"],
        ["PTFE packing", 15, "dry"],
        ["Spiders", 6, "dark, no ozone"],
    ],
    "Lead times": [
        ["Part group", "Working days", "Express possible"],
        ["Seal kits", 3, "yes"],
        ["Bearings", 5, "yes"],
        ["Shafts", 20, "no"],
        ["Impellers, cast iron", 15, "no"],
        ["Impellers, bronze", 40, "no"],
        ["Casings", 45, "no"],
        ["Power units", 60, "no"],
    ],
}

PRICES: dict[str, Rows] = {
    "Seal kits": [
        ["List prices 2026 H1, EUR, without VAT, commercial desk only"],
        ["Part", "Description", "List price EUR", "Minimum quantity"],
        ["SK-1150", "Seal kit HX-150 G", 96, 1],
        ["SK-1200", "Seal kit HX-200 up to 24-0499", 148, 1],
        ["SK-1201", "Seal kit HX-200 from 24-0500", 157, 1],
        ["SK-1250", "Seal kit HX-250 G", 214, 1],
        ["SK-1300", "Seal kit HX-300 G", 268, 1],
        ["SK-2063", "Seal kit GP-63 NBR", 74, 1],
        ["SK-2102", "Seal kit GP-100", 119, 1],
    ],
    "Pumps": [
        ["Part", "Description", "List price EUR", "Lead time weeks"],
        ["HX-150G", "Pump HX-150 packed gland", 2140, 4],
        ["HX-200G", "Pump HX-200 packed gland", 2980, 5],
        ["HX-250G", "Pump HX-250 packed gland", 4460, 6],
        ["HX-300G", "Pump HX-300 packed gland", 6320, 8],
        ["PU-30", "Compact power unit", 9850, 12],
        ["PU-55", "Hydraulic power unit", 18400, 12],
    ],
    "Couplings": [
        ["Part", "Description", "List price EUR", "Minimum quantity"],
        ["KD-28", "Coupling complete", 62, 1],
        ["KD-38", "Coupling complete with spacer", 188, 1],
        ["KD-48", "Coupling complete with spacer", 276, 1],
        ["P-610384", "Spider KD-38 red", 21, 2],
    ],
}

RULINGS: dict[str, Rows] = {
    "Rulings 2025": [
        ["Ruling", "Date", "Customer", "Order", "Claimed EUR", "Paid EUR", "Reason"],
        [
            "WR-25-03",
            "2025-02-11",
            "Brannock Sugar Works",
            "SO-10402",
            4300,
            2150,
            "packing run dry, half as goodwill",
        ],
        [
            "WR-25-07",
            "2025-04-29",
            "Hallberg Mining Services",
            "SO-10405",
            7900,
            3160,
            "late delivery, 40 percent of lost hours",
        ],
        [
            "WR-25-11",
            "2025-06-17",
            "Ostrand Paper",
            "SO-10407",
            12600,
            12600,
            "casing cracked, casting fault proved",
        ],
        ["WR-25-14", "2025-09-02", "Pellworth Water", "SO-10411", 2200, 0, "service log not filled"],
    ],
    "Limits": [
        ["Item", "Limit EUR", "Who decides above"],
        ["Labour per hour", 62, "commercial desk"],
        ["Travel per case", 350, "commercial desk"],
        ["Crane hire per case", 900, "commercial desk"],
        ["Goodwill per case", 2500, "head of sales"],
    ],
}

WORKBOOKS: dict[str, dict[str, Rows]] = {
    "parts/compatibility-hx.xlsx": COMPATIBILITY,
    "parts/stocking-and-lead-times.xlsx": STOCKING,
    "pricing/price-list-2026.xlsx": PRICES,
    "policy/warranty-cost-rulings.xlsx": RULINGS,
}
