"""What a team shares: the board, goals, queues, gold questions, comments, and decisions that come back."""
