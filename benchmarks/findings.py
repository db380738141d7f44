"""Time the findings of all trusts, hiding what is too small, and the audit of a site.

``python benchmarks/findings.py [SITE] [--jobs N]`` prints a table and writes it to ``benchmarks/findings.md``. The
aims: all findings for all trusts, pooling and funnels included, in under 5 s on two cores; suppression and audit
of one trust in under 0.3 s, of all trusts in under 30 s. SITE is a built site (``output/site``); its trusts' pages
are copied under the codes of all trusts, so that the audit has as much to read as a whole site has.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from race_equality.analysis.ethnicity_of_respondents import respondents_and_catchment
from race_equality.analysis.findings import findings
from race_equality.analysis.maternity import deliveries_by_ethnicity
from race_equality.analysis.peers import peers_of_all
from race_equality.analysis.pooled_gaps import pooled_gaps
from race_equality.analysis.workforce import headcount_by_group
from race_equality.analysis.wres_return import hidden_bands, share_by_band
from race_equality.audit.site import audit_site
from race_equality.disclosure.rules import read_rules
from race_equality.downloads.files import Downloads
from race_equality.project import find_project
from race_equality.report.summary_table import names_of_measures
from race_equality.store import cache
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts, resolve_trust

PROJECT = find_project()
RULES = read_rules()
RESULTS = PROJECT.root / "benchmarks" / "findings.md"


def timed(rows: list[dict], what: str, call: Callable[[], object], aim: str = "") -> None:
    """Time a call by the clock and by the processor, and note the aim that it is held to."""
    wall, processor = time.perf_counter(), sum(os.times()[:4])
    call()
    rows.append(
        {
            "what": what,
            "wall seconds": f"{time.perf_counter() - wall:.2f}",
            "processor seconds": f"{sum(os.times()[:4]) - processor:.2f}",
            "aim": aim,
        }
    )
    print(rows[-1])


def fresh(figures: pd.DataFrame) -> pd.DataFrame:
    """The same figures as nobody has computed with yet."""
    for function in cache._of_figures:
        function.forget()
    return figures.copy()


def hide(figures: pd.DataFrame, code: str) -> None:
    """Choose everything that one trust's page hides."""
    respondents_and_catchment(figures, code, threshold=RULES.usual.minimum_responses)
    headcount_by_group(figures, code, threshold=RULES.usual.minimum_people)
    deliveries_by_ethnicity(figures, code, threshold=RULES.usual.minimum_people)
    for _, year in share_by_band(figures, code).groupby("period_end"):
        hidden_bands(year, RULES.usual.minimum_people)


def whole_site(site: Path, copy: Path, codes: list[str]) -> Path:
    """A site of all trusts: the pages of some under every code, and everybody's downloads."""
    made = sorted({file.stem for file in (site / "trusts").glob("*.html")})
    shutil.copytree(site, copy, ignore=shutil.ignore_patterns("trusts"))
    (copy / "trusts").mkdir()
    downloads = Downloads(PROJECT)
    for number, code in enumerate(codes):
        for file in (site / "trusts").glob(f"{made[number % len(made)]}.*"):
            shutil.copy(file, copy / "trusts" / f"{code}{file.suffix}")
        downloads.write_trust(resolve_trust(code), copy)
    downloads.write_site(copy)
    return copy


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("site", type=Path, nargs="?")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    figures, trusts = read_figures(), read_trusts()
    names = trusts.set_index("trust_code")["trust_name"].to_dict()
    codes = list(names)
    rows: list[dict] = []
    load = os.getloadavg()[0]
    compute = findings.__wrapped__  # as nobody has kept it
    compute(figures, trusts)  # what the first call imports and compiles
    timed(rows, f"peers of {len(codes)} trusts", lambda: peers_of_all(fresh(figures), trusts))
    timed(rows, "pooling, WRES 5 to 8", lambda: pooled_gaps(fresh(figures), trusts))
    timed(rows, "all findings of all trusts", lambda: compute(fresh(figures), trusts), "under 5 s")
    timed(rows, "suppression, one trust with a return", lambda: hide(figures, "DEMO"), "under 0.3 s with its audit")
    if options.site:
        with tempfile.TemporaryDirectory() as folder:
            site = whole_site(options.site, Path(folder) / "site", codes)
            one = Path(folder) / "one" / "trusts"
            one.mkdir(parents=True)
            for file in [*site.glob(f"trusts/{codes[0]}.*"), *site.glob(f"trusts/{codes[0]}-*")]:
                shutil.copy(file, one / file.name)
            known = {"figures": figures, "names": names, "measures": names_of_measures(), "rules": RULES}
            audit_site(one.parent, **known)
            timed(rows, "audit, one trust with its downloads", lambda: audit_site(one.parent, **known), "under 0.3 s")
            timed(
                rows,
                f"audit, {len(codes)} trusts with downloads, {options.jobs} jobs",
                lambda: audit_site(site, jobs=options.jobs, **known),
                "under 30 s",
            )
    table = pd.DataFrame(rows)
    lines = [
        "# How long findings and their disclosure control take",
        "",
        f"{len(figures):,} figures, {len(codes)} trusts; {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, pandas {pd.__version__}. Made by `python benchmarks/findings.py SITE`; the "
        "pages audited are those of the trusts in SITE, copied under every code. Processor seconds are those of all "
        "processes together: on a machine that does other work the clock runs on, and the processor is slower too. "
        f"Load when it began: {load:.1f}.",
        "",
        "| " + " | ".join(table.columns) + " |",
        "| --- | ---: | ---: | --- |",
        *("| " + " | ".join(row) + " |" for row in table.itertuples(index=False)),
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
