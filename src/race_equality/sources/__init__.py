"""Files of publishers and trusts, read into tidy figures."""
