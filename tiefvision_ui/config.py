"""How Streamlit is configured: address, limits and both themes."""

from __future__ import annotations

MAX_UPLOAD_MB = 15
"""Of a photo to search with; more is taken from admins alone, who add to the catalogue."""
MAX_ARCHIVE_MB = 256
"""Of a file that is dropped to be added. The server holds it in memory, about twice, until it is unpacked."""
EVERYWHERE = ("0.0.0.0", "::")

_THEME = {
    "baseRadius": "0.5rem",
    "buttonRadius": "0.5rem",
    "showWidgetBorder": True,
    "headingFontWeights": [650, 600, 600],
    "headingFontSizes": ["1.75rem", "1.05rem", "1.05rem"],
}
_LIGHT = {
    "primaryColor": "#0f766e",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f3f5f6",
    "textColor": "#17212b",
    "borderColor": "#dfe4e8",
    "sidebar.backgroundColor": "#f7f8f9",
    "sidebar.secondaryBackgroundColor": "#eceff1",
}
_DARK = {
    "primaryColor": "#2fb8a6",
    "backgroundColor": "#0f1417",
    "secondaryBackgroundColor": "#1a2227",
    "textColor": "#e4e9ec",
    "borderColor": "#2c373e",
    "sidebar.backgroundColor": "#141b1f",
    "sidebar.secondaryBackgroundColor": "#1f292f",
}


def configuration(address: str, port: int) -> dict[str, object]:
    """Streamlit's options for an app at ``address`` that sends nothing to other machines."""
    # Where the app listens everywhere, Streamlit asks a public server for the address to print, unless it is told one.
    printed = {"browser.serverAddress": "localhost"} if address in EVERYWHERE else {}
    return {
        **printed,
        "server.address": address,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        # Widgets have a default and are set from the address as well, of which Streamlit would warn; see `address`.
        "global.disableWidgetStateDuplicationWarning": True,
        "runner.magicEnabled": False,
        "server.maxUploadSize": MAX_ARCHIVE_MB,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        **{f"theme.{name}": value for name, value in _THEME.items()},
        **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
        **{f"theme.dark.{name}": value for name, value in _DARK.items()},
    }
