"""A log-in for the app: a small provider beside it, and the secrets that name that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands import free_port
from tests.e2e.serving import wait_until_up

ROOT = Path(__file__).parents[2]
CLAIMS = {"sub": "42", "email": "ann@example.org", "email_verified": True}


@contextmanager
def provider(folder: Path, app_port: int) -> Iterator[dict[str, str]]:
    """A provider that lets everybody in as Ann; the app is to run in ``folder`` with the environment that it yields."""
    port = free_port()
    issuer, log = f"http://127.0.0.1:{port}", folder / "provider.log"
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{app_port}/oauth2callback"\n'
        'cookie_secret = "a secret of the tests, long enough"\n'
        'client_id = "tiefvision"\nclient_secret = "x"\n'
        f'server_metadata_url = "{issuer}/.well-known/openid-configuration"\n'
    )
    environment = os.environ | {"TIEFVISION_ROLES": "ann@example.org=annotator", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.oidc", str(port), json.dumps(CLAIMS)]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        wait_until_up(f"{issuer}/keys", process, log)
        yield environment
    finally:
        process.terminate()
        process.wait(60)
