"""One module a page, named in `tiefvision_ui.app`."""
