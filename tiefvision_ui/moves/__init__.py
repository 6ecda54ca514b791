"""What the page *What moves* needs: versions and decisions, and queries whose hits changed, side by side."""
