"""The Streamlit app of TiefVision; start it with ``tiefvision ui`` or ``python -m tiefvision_ui``.

The root holds the entry points and what several pages share. What only one page needs is in the package of its subject:
`search`, `annotation`, `review` or `operations`. Anything that the command line could use as well belongs in
`tiefvision_assets`.
"""
