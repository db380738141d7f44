"""Every trust's report: what is to be made, running it, and the record of what was made."""
