"""Reads the built site as an attacker would, and reports what it gives away."""
