"""``python -m tiefvision_ui [--port P]``: serve the app on this machine until interrupted, and print its URL."""

from __future__ import annotations

import argparse

from tiefvision_ui.config import configuration


def main() -> None:
    """Parse the arguments and serve the app; Streamlit prints the URL once the port is its own."""
    parser = argparse.ArgumentParser("python -m tiefvision_ui", description="Serve the TiefVision app.")
    parser.add_argument("--port", type=int, default=8501, help="port on 127.0.0.1 (default: %(default)s)")
    port: int = parser.parse_args().port

    from tiefvision_ui.asgi import app

    app.run(config=configuration(port))


if __name__ == "__main__":
    main()
