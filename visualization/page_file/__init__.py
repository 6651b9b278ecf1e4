"""A run as one HTML file: the page without its server, to hand round."""

from .writing import PAGE, page_text, write_page

__all__ = ["PAGE", "page_text", "write_page"]
