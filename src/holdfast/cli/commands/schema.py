"""`holdfast schema`: print the JSON Schema of workflow.yaml, or of a file of golden cases."""

from __future__ import annotations

import json
import sys

from holdfast.evaluation.case_files import json_schema as case_schema
from holdfast.workflow import json_schema


def schema(*, of_cases: bool = False) -> int:
    """Print the schema, indented: it is meant to be kept in a file."""
    sys.stdout.write(
        json.dumps(case_schema() if of_cases else json_schema(), indent=2, ensure_ascii=False) + "\n"
    )
    return 0
