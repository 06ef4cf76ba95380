"""`holdfast schema`: print the JSON Schema of workflow.yaml."""

from __future__ import annotations

import json
import sys

from holdfast.workflow import json_schema


def schema() -> int:
    """Print the schema, indented: it is meant to be kept in a file."""
    sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
    return 0
