"""What the page Operations needs: numbers and charts, Dagster's runs, and downloads of labels."""
