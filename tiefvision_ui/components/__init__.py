"""Custom Streamlit components: a typed Python wrapper beside its JavaScript and CSS."""
