"""Publications in their own layouts, read into tidy figures: one module a publication."""
