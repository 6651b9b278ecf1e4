"""Bundled scenarios: one JSON file each, found by its name."""
