"""Figures of finished runs: readable in grey, the same bytes each time, no window needed."""
