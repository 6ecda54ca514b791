"""ONNX Runtime tells nobody that it was started: its telemetry is off before its library is loaded."""

from __future__ import annotations

import subprocess
import sys

WATCH = """
import importlib.abc, os, sys

class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "onnxruntime":
            print(os.environ.get("ORT_DISABLE_TELEMETRY"))

sys.meta_path.insert(0, Watch())
import tiefvision_assets.vision.onnx_engine
"""


def test_telemetry_is_off_when_the_library_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr[-2000:]
