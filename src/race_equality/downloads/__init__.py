"""Files to download: a trust's figures and findings, all trusts' findings, and the codebook."""
