"""Race equality reports for NHS trusts: published figures in, board reports out."""
