"""All torch code: tensors in, tensors out. Knows no Dagster, no files and no Streamlit."""
