"""All PyTorch code: tensors in, tensors out.

Nothing here knows Dagster, Streamlit or files; photos come as PIL images, weights as mappings of tensors.
"""
