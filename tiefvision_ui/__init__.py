"""The Streamlit app of TiefVision; start it with ``tiefvision ui`` or ``python -m tiefvision_ui``."""
