"""Load onnxruntime so that it says nothing to anybody."""

from __future__ import annotations

import importlib
import os
from typing import Any


def load_onnxruntime() -> Any:
    """Return the module `onnxruntime`, with the reports of its use to its maker switched off.

    From 1.29 on it sends them over the network from a thread that starts with the import, and has crashed and
    hung processes in doing so (docs/decisions/0011). The lock names an older one; whoever installs a newer
    one is still not reported on, since the variable is read at the import.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return importlib.import_module("onnxruntime")
