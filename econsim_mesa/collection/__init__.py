"""What a step leaves behind: rows of state for the run store, reporters for Mesa's collector."""
