"""The town: the three domains together, built from a scenario."""
