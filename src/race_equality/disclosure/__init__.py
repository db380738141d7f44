"""What may be shown, what must be hidden with it, and the attacker that tries to get the rest."""
