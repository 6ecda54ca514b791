"""Files and databases below the data folder; `store.Store` has them all.

`layout` alone knows where each file lies. Writes go to a temporary name and are renamed. Nothing here knows PyTorch.
"""
