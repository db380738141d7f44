"""The documentation as a site: what stands in ``docs/``, and a reference written from the code."""
