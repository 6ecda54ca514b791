"""What the operations page needs: counts and charts, Dagster's runs, and labels to download."""
