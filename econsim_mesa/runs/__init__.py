"""Runs on disk: their store and reader, the bundle around them, and running them again."""
