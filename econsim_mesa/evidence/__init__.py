"""Evidence: what a run or an experiment shows, what it does not, and how others can check it."""
