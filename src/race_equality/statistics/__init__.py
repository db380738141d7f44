"""Published statistical methods as functions of arrays; nothing here knows a trust or a figure.

Every function takes array-likes that broadcast against each other and gives arrays back (NumPy
scalars for scalars). Proportions are between 0 and 1. Three rules hold throughout:

* **Bad input is an error** that names the argument: negative counts, a numerator over its
  denominator, infinities, text (:class:`StatisticsError`).
* **NaN is an error too**, unless ``nan_policy="propagate"`` is asked for (the term is SciPy's): then a
  unit with a missing value has a missing result and is left out of what is computed over all units.
* **Nobody asked is not an error.** With a denominator of zero nothing is known: the interval is the
  whole range that the quantity could take.
"""
