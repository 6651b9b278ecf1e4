"""The body: sleep, meals, spoilage of what is kept at home."""
