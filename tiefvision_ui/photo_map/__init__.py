"""What the page Map shows and does: points, what they are coloured by, and what becomes of those that are chosen."""
