"""What the pages for boxes and triplets need: queues, candidates, and what becomes of a commit."""
