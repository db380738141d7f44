"""The command race-equality and its subcommands."""
