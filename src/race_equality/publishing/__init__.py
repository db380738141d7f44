"""Editions of the site: made again and compared, put at addresses that stay, compared with each other, and corrected."""
