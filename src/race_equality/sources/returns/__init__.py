"""A trust's own returns: the templates it fills in, and how they are read."""
