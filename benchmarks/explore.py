"""Time the page of any two measures in a browser: until it can be used, and until it has answered a choice.

``python benchmarks/explore.py SITE`` opens ``notebooks/explore.html`` of a built site in Chromium, as it is and with every
trust ten times over, prints a table and writes it to ``benchmarks/explore.md``. The aims: with 202 trusts ready within a
second of opening and each answer within 100 ms; with 2,000 each answer within 500 ms.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

RESULTS = Path(__file__).with_name("explore.md")
DATA = re.compile(r'(<script type="application/json" class="vega-lite"[^>]*>)([^<]*)(</script>)')
ROWS = re.compile(r'(<table id="tbl-explore".*?<tbody>)(.*?)(</tbody>)', re.DOTALL)
#: What a reader does, one after the other: the box, and what is chosen in it.
CHOICES = (
    ("x-measure", "waiting_over_18_weeks"),
    ("x-group", "Black|percent"),
    ("y-measure", "staff_survey_q16b"),
    ("y-period", "2022-11-30"),
    ("kind", "Acute"),
    ("region", "London"),
    ("region", "All"),
    ("kind", "All"),
    ("x-measure", "catchment_imd_score"),
    ("y-measure", "wres_8"),
)
#: Choose, and give the milliseconds until the chart has drawn it, and until a frame with it is on the screen.
ANSWER = """([id, value]) => new Promise(done => {
  performance.clearMeasures();
  const began = performance.now(), box = document.getElementById('explore-' + id);
  box.value = value;
  box.dispatchEvent(new Event('change'));
  const look = () => {
    const found = performance.getEntriesByName('explore-answer');
    if (!found.length) return setTimeout(look, 1);
    requestAnimationFrame(() => setTimeout(() => done([found[0].duration, performance.now() - began])));
  };
  look();
})"""


def ten_times(page: str) -> str:
    """Give the page ten times the trusts, with other codes."""

    def more(found: re.Match[str]) -> str:
        chart = json.loads(found[2])
        trusts = chart["datasets"]["trusts"]
        chart["datasets"]["trusts"] = [
            trust | {"code": f"{trust['code']}{number}"} for trust in trusts for number in range(10)
        ]
        return (
            found[1] + json.dumps(chart, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c") + found[3]
        )

    rows = re.compile(r"<tr>.*?</tr>", re.DOTALL)
    page = ROWS.sub(lambda found: found[1] + "".join(10 * row for row in rows.findall(found[2])) + found[3], page)
    return DATA.sub(more, page)


def measure(page: Page, address: str, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Return milliseconds: until ready at each opening, and of each answer until it is drawn, and until it is seen."""
    ready, drawn, seen = [], [], []
    for _ in range(rounds):
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector("figure[data-ready]", timeout=60_000)
        ready.append(page.evaluate("performance.getEntriesByName('explore-ready')[0].startTime"))
        page.wait_for_timeout(500)
        for choice in CHOICES:
            times = page.evaluate(ANSWER, list(choice))
            drawn.append(times[0])
            seen.append(times[1])
    return ready, drawn, seen


def main() -> None:
    """Measure both pages and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    lines = []
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder) / "site"
        for name in ("notebooks", "vega", "fonts"):
            shutil.copytree(given.site / name, site / name, ignore=shutil.ignore_patterns("*.pdf", "*.ipynb"))
        file = site / "notebooks" / "explore.html"
        text = file.read_text(encoding="utf-8")
        size = sum(
            (site / name).stat().st_size for name in ("notebooks/explore.html", "vega/vega.js", "fonts/arimo.woff2")
        )
        file.with_name("many.html").write_text(ten_times(text), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        version = browser.version
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        for name, aim in (("explore", 100), ("many", 500)):
            ready, drawn, seen = measure(page, file.with_name(f"{name}.html").as_uri(), given.rounds)
            trusts = page.locator("#tbl-explore tbody tr").count()
            cells = (
                f"{trusts:,}",
                f"{statistics.median(ready):.0f} ({max(ready):.0f})",
                *(f"{statistics.median(times):.0f} ({max(times):.0f})" for times in (drawn, seen)),
                str(aim),
            )
            lines.append(f"| {' | '.join(cells)} |")
        browser.close()
    report = (
        f"""# The page of any two measures, in a browser

{datetime.date.today():%-d %B %Y}, Chromium {version}, {os.cpu_count()} cores, {platform.system()}, a load of {load:.1f} when it began;
`python benchmarks/explore.py SITE` measures it again. {given.rounds} openings from a file, {len(CHOICES)} choices in each: the median, and the longest in
brackets, in milliseconds. The page with its libraries and its font is {size / 1e6:.2f} MB; with 2,020 trusts each real one is there ten times.

| trusts | ready after opening | a choice until it is drawn | and until it is on the screen | aim |
| ---: | ---: | ---: | ---: | ---: |
"""
        + "\n".join(lines)
        + "\n"
    )
    RESULTS.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
