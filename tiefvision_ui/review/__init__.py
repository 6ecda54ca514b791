"""What the review page needs: disagreements, the history of labels, and agreement between annotators."""
