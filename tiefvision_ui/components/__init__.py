"""Custom components, a folder each: the typed wrapper that pages call, its JavaScript and its styles.

What several components share is in `shared`. A component is handed values and calls back; of the app it imports
`tiefvision_ui.values` only.
"""
