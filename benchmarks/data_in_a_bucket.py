"""What a data folder in object storage costs this side: `python -m benchmarks.data_in_a_bucket`.

It starts moto's S3 server as a process of its own, and prints processor seconds of this one, which loads on the machine
change little. The storage's own time and the way to it come on top.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tiefvision_assets.store.bucket.working_copy import WorkingCopy
from tiefvision_assets.store.layout import Layout


def seconds(work: Callable[[], object]) -> float:
    """Processor time of this process, all threads."""
    before = time.process_time()
    work()
    return round(time.process_time() - before, 3)


def write(copy: WorkingCopy, layout: Layout, count: int, content: bytes) -> None:
    """So many batches of encodings, published one by one."""
    for number in range(count):
        target = layout.encodings("e", f"b{number:06d}")
        target.parent.mkdir(parents=True, exist_ok=True)
        written = target.with_suffix(".new")
        written.write_bytes(content)
        copy.publish(target, written)
        written.replace(target)


def measured(folder: Path, url: str, objects: int, size: int) -> dict[str, float]:
    """One machine writes, another one learns of it and reads."""
    ours, theirs = Layout(folder / "one"), Layout(folder / "two")
    one, two = WorkingCopy(url, ours, 2**40), WorkingCopy(url, theirs, 2**40)
    content = os.urandom(size)
    files = [theirs.encodings("e", f"b{number:06d}") for number in range(objects)]
    return {
        "write": seconds(lambda: write(one, ours, objects, content)),
        "learn of all": seconds(two.refresh),
        "learn that nothing changed": seconds(two.refresh),
        "read all": seconds(lambda: [two.fetch(file) for file in files]),
        "read all again": seconds(lambda: [two.fetch(file) for file in files]),
    }


def main() -> None:
    """Print the measurements as JSON."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--objects", type=int, default=2_000)
    options.add_argument("--bytes", type=int, default=100_000)
    chosen = options.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    os.environ |= {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret"}
    started = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, "-c", started], stdout=quiet, stderr=quiet)
    try:
        for _ in range(600):
            try:
                request = urllib.request.Request(f"{address}/bucket", method="PUT", data=b"")
                urllib.request.urlopen(request, timeout=10).close()
                break
            except OSError:
                time.sleep(0.1)
        with tempfile.TemporaryDirectory() as folder:
            json.dump(measured(Path(folder), "s3://bucket/shop", chosen.objects, chosen.bytes), sys.stdout, indent=2)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
