"""One module for each publication: its layout, and how its figures become tidy figures."""
