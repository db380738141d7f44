"""What a board says of itself and what it said it would do: ``self_assessment`` and ``actions``."""
