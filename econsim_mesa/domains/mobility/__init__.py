"""Where households are, and how they move."""
