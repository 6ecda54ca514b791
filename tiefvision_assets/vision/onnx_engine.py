"""The encoder by ONNX Runtime, on the processor. Knows no PyTorch: graphs in, arrays out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import Lock

import numpy as np

# Read when the library is loaded: `disable_telemetry_events` comes too late for what is told about its start.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

PHOTOS = "photos"
"""Name of the graphs' input."""

onnxruntime.disable_telemetry_events()


class OnnxEngine:
    """Runs one graph for each of the encoder's maps; maps with the same graph share one session.

    A session has one thread, the caller's own, unless more are asked for: of a catalogue, photos are worked on side by
    side instead, see `vision.parallel`. On two cores AlexNet's map of objects came from two such callers at 107
    photos/s in batches of 8, from one caller with two threads of ONNX Runtime's at 95, or at 89 if these spin while
    they wait, as they do by default. One photo that somebody waits for has nothing beside it: its passes take
    ``threads``, which do not spin. Cells are the same to the last bit, whatever their number.
    """

    def __init__(self, graphs: Mapping[str, bytes], threads: int = 1) -> None:
        self._graphs = dict(graphs)
        self._threads = threads
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._lock = Lock()

    def objects(self, photos: np.ndarray) -> np.ndarray:
        """(B, 3, H, W) → (B, C, h, w) cells that objects are compared by."""
        return self._run("objects", photos)

    def windows(self, photos: np.ndarray) -> np.ndarray:
        """(B, 3, H, W) → (B, C, h, w) cells that the window heads see."""
        return self._run("windows", photos)

    def refinement(self, photos: np.ndarray) -> np.ndarray:
        """(B, 3, H, W) → (B, C, h, w) cells of a refinement crop."""
        return self._run("refinement", photos)

    def _run(self, name: str, photos: np.ndarray) -> np.ndarray:
        cells: np.ndarray = self._session(name).run(None, {PHOTOS: np.ascontiguousarray(photos)})[0]
        return cells

    def _session(self, name: str) -> onnxruntime.InferenceSession:
        """The session of one map, opened when it is first asked for: not everybody needs all of them."""
        with self._lock:
            if name not in self._sessions:
                graph = self._graphs[name]
                session = _open(graph, self._threads)
                for alike in [other for other, content in self._graphs.items() if content == graph]:
                    self._sessions[alike] = session
                    del self._graphs[alike]
            return self._sessions[name]


def _open(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.inter_op_num_threads = 1
    # Planned for one size of photo, when they have many.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
