"""Components can be used without the rest of the app."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

from tiefvision_ui import components

LOADED = "import sys; print(*sorted(name for name in sys.modules if name.startswith('tiefvision_ui')))"


def test_of_the_app_components_load_its_values_and_its_language_only() -> None:
    packages = [f"{components.__name__}.{module.name}" for module in pkgutil.iter_modules(components.__path__)]
    assert packages
    script = f"import {', '.join(packages)}; {LOADED}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    allowed = (components.__name__, "tiefvision_ui.language")
    others = {name for name in run.stdout.split() if not name.startswith(allowed)}
    assert others == {"tiefvision_ui", "tiefvision_ui.values"}
