"""Tidy figures in, findings out: estimate, interval, comparator and the figures they rest on."""
