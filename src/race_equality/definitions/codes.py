"""Codes that are no trust's: England's own figures, and the trust whose figures are invented."""

from __future__ import annotations

ENGLAND_CODE = "ENG"
DEMONSTRATION_CODE = "DEMO"
DEMONSTRATION_NAME = "Demonstration NHS Trust (invented figures)"
