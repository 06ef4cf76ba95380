"""The library that runs the model tells nobody that it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.stages.embedding.runtime import load_onnxruntime

_COLLECTORS = (b"OneCollector", b"events.data.microsoft")


def test_the_installed_library_holds_no_telemetry_client() -> None:
    home = Path(load_onnxruntime().__file__).parent
    libraries = [*home.rglob("*.so*"), *home.rglob("*.pyd"), *home.rglob("*.dylib")]
    assert libraries
    for library in libraries:
        content = library.read_bytes()
        assert not [name for name in _COLLECTORS if name in content], library.name


def test_reports_are_switched_off_before_the_import_whatever_the_environment_says() -> None:
    program = (
        "import os, sys\n"
        "from holdfast.stages.embedding import encoder\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "encoder.load_onnxruntime()\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "0"},
    )
    assert said.stdout == "1\n"


@pytest.mark.parametrize("module", ["encoder", "build"])
def test_nothing_imports_the_library_around_that_switch(module: str) -> None:
    text = Path(sys.modules["holdfast.stages.embedding.runtime"].__file__ or "").with_name(f"{module}.py")
    assert "import onnxruntime" not in text.read_text(encoding="utf-8")
    assert "from onnxruntime" not in text.read_text(encoding="utf-8")
