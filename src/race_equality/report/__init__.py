"""Findings in; words, tables and charts out. What a notebook's cells call."""
