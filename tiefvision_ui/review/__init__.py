"""What the page Review needs: disputes and their decision, the history of labels, and agreement of annotators."""
