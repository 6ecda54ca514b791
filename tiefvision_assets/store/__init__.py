"""Files and databases below the data folder; knows no torch."""
