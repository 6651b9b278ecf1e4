"""What is drawn: each takes a frame, and what to call when something is touched."""
