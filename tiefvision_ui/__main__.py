"""``python -m tiefvision_ui [--port P]``: serve the app until interrupted, and print its URL."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_ui.access.guard import warning_about
from tiefvision_ui.access.login import check_login
from tiefvision_ui.config import configuration


def main() -> None:
    """Parse the arguments and serve the app; Streamlit prints the URL once it listens at the port."""
    parser = argparse.ArgumentParser("python -m tiefvision_ui", description="Serve the TiefVision app.")
    parser.add_argument("--port", type=int, default=8501, help="port to listen at (default: %(default)s)")
    port: int = parser.parse_args().port
    settings = Settings()
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        check_login()
        warning = warning_about(settings)
    except TiefVisionError as error:
        errors.print(str(error), markup=False, style="red")
        sys.exit(1)
    if warning:
        errors.print(warning, markup=False, style="bold red")

    from tiefvision_ui.asgi import app

    app.run(config=configuration(settings.ui_address, port))


if __name__ == "__main__":
    main()
