"""What each indicator is, said once: its name, its unit, its direction, and what must be hidden with it."""
