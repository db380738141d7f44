"""Time the statistics of all trusts and the suppression of a table.

``python benchmarks/all_trusts.py`` prints seconds. The aim: everything that is computed over all trusts
in under 5 s on two cores, one table's suppression and attack in under 0.3 s.
"""

from __future__ import annotations

import time

import numpy as np

from race_equality.disclosure.attack import attack, crosstab
from race_equality.disclosure.suppression import suppress
from race_equality.figures.store import read_figures
from race_equality.statistics.association import rank_correlation
from race_equality.statistics.funnel import funnel_limits
from race_equality.statistics.intervals import difference_interval, wilson_interval
from race_equality.statistics.pooling import pooled_gaps
from race_equality.statistics.ratios import probability_outside, ratio_interval


def timed(name: str, call) -> float:
    start = time.perf_counter()
    call()
    seconds = time.perf_counter() - start
    print(f"{seconds:7.3f} s  {name}")
    return seconds


def main() -> None:
    figures = read_figures(["wres_5", "wres_6", "wres_7", "wres_8"])
    figures = figures[(figures["status"] == "ok") & (figures["trust_code"] != "DEMO")]
    together = 0.0
    for indicator in ("wres_5", "wres_6", "wres_7", "wres_8"):
        rows = figures[figures["indicator"] == indicator]
        table = rows.pivot_table(
            index="organisation_code", columns="group", values=["value", "denominator"], aggfunc="first"
        ).astype(float)
        n1, n2 = (table["denominator", group].to_numpy() for group in ("Ethnic minority", "White"))
        x1, x2 = (
            table["value", group].to_numpy() / 100 * n
            for group, n in (("Ethnic minority", n1), ("White", n2))
        )
        keep = ~np.isnan(x1 + x2)
        cells = x1[keep], n1[keep], x2[keep], n2[keep]
        print(f"{indicator}, {keep.sum()} trusts")
        together += timed(
            "percentages with intervals", lambda c=cells: (wilson_interval(*c[:2]), wilson_interval(*c[2:]))
        )
        together += timed("gaps, both methods", lambda c=cells: (
            difference_interval(*c), difference_interval(*c, method="miettinen-nurminen")))  # fmt: skip
        together += timed(
            "ratios, SCAS and Koopman", lambda c=cells: (ratio_interval(*c), ratio_interval(*c, "koopman"))
        )
        together += timed("probability outside four fifths", lambda c=cells: probability_outside(*c))
        together += timed("funnel", lambda c=cells: funnel_limits(*c[:2]))
        together += timed("pooling with ranks", lambda c=cells: pooled_gaps(*c))
        together += timed("association", lambda c=cells: rank_correlation(c[0] / c[1], c[2] / c[3]))
    print(f"{together:7.3f} s  all of these")

    counts = np.random.default_rng(2).poisson(np.exp(np.random.default_rng(1).normal(3, 1.3, (7, 5))))
    cells, relations = crosstab(counts, list("ABCDEFG"), list("vwxyz"))
    timed("suppression of a 7 by 5 table", lambda: suppress(cells, relations))
    hidden = suppress(cells, relations)
    timed("attack on it", lambda: attack(hidden.published, relations=relations))


if __name__ == "__main__":
    main()
