"""A site with every kind of output, made by the built-in renderer, and a browser to open it in."""

from __future__ import annotations

import base64
import functools
import html
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
import nbformat.v4
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from race_equality.project import Project
from race_equality.render import render_site, set_front_matter, stage_project
from tests.conftest import CommandLine, copy_figures, record_figures, write_notebook

ROOT = Path(__file__).parents[2]
GOLDEN = sorted((ROOT / "tests" / "notebooks").glob("board_report_*.ipynb"))

#: Debian's Chromium as root, without the connections it would start by itself.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOSTILE_NAME = 'St <b>Bold</b>\'s & "Quoted" <script>alert(1)</script> שלום {{< include x >}} NHS Trust'
LONG_WORD = "wres_indicators_5_to_8_by_trust_and_by_ethnic_group_2024_to_2025_final.csv"
ALT = 'Dot chart: "ethnic minority" staff 29.6%, White staff 26.6%.'


def picture(width: int, height: int = 200) -> str:
    """A chart of a kind: text in Arial, marks, a width in pixels."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img"><title>t</title>'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<circle cx="60" cy="60" r="8" fill="#12436D" opacity="0.7"/>'
        f'<text x="20" y="{height - 20}" font-family="Arial, Liberation Sans, Helvetica, sans-serif" '
        f'font-size="14">Ethnic minority staff</text>'
        f'<text x="{width - 5}" y="30" text-anchor="end" font-family="Arial, sans-serif" '
        f'font-size="14" font-weight="bold">Right edge</text></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def figure(id: str, caption: str, width: int = 500) -> str:
    return (
        f'<figure id="{id}"><img src="{picture(width)}" alt="{html.escape(ALT)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def table(id: str, caption: str, head: list[str], rows: list[list[str]], numbers: tuple[int, ...] = ()) -> str:
    """A table as report.display writes it."""

    def number(column: int) -> str:
        return ' class="number"' if column in numbers else ""

    heading = "".join(f'<th scope="col"{number(i)}>{html.escape(text)}</th>' for i, text in enumerate(head))
    body = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(f"<td{number(i)}>{html.escape(text)}</td>" for i, text in enumerate(row[1:], 1))
        + "</tr>"
        for row in rows
    )
    return (
        f'<table id="{id}"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>"
    )


def callout(kind: str, title: str, text: str) -> str:
    return f'<aside class="callout-{kind}"><h3>{title}</h3><p>{text}</p></aside>'


def code(*outputs: dict[str, str]) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("show(secret_of_the_code)", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    return cell


def executed_notebook() -> nbformat.NotebookNode:
    """A notebook with every kind of output that a report has."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_raw_cell("---\ntitle: Race equality board report\n---"),
            nbformat.v4.new_markdown_cell(
                "## In one page {#sec-page}\n\nSee @tbl-wres, @fig-gaps and @sec-detail; [@fig-wide]."
            ),
            code(
                {
                    "text/html": table(
                        "tbl-wres",
                        "The WRES indicators",
                        ["Indicator", "Ethnic minority", "White"],
                        [["1. Pay bands", "Not available", "Not available"], ["5. Harassment", "29.6%", "26.6%"]],
                        (1, 2),
                    ),
                    "text/plain": "<CellOutput>",
                }
            ),
            code({"text/html": figure("fig-gaps", "Gaps &amp; intervals"), "text/plain": "<CellOutput>"}),
            code({"text/html": callout("note", "How far these figures reach", "Staff who answered.")}),
            nbformat.v4.new_markdown_cell("## Detail {#sec-detail}\n\n### Survey\n\nCosts $5 and $6, not mathematics."),
            code(
                {
                    "text/markdown": "**Bold** words, *stressed* words, R&D, 5 < 6 and ~~none~~ [a link](https://www.england.nhs.uk).",
                    "text/plain": "Bold",
                }
            ),
            code({"text/html": figure("fig-wide", "A wide chart", width=1000)}),
            code(
                {"text/html": callout("warning", "Be careful", "Small numbers.")},
                {"text/html": callout("important", "Important", "Weak data.")},
            ),
            nbformat.v4.new_markdown_cell("## Sources"),
            code(
                {
                    "text/html": table(
                        "tbl-trace",
                        "Where each figure stands",
                        ["Figure", "What it is, in words", "File", "Place"],
                        [
                            [
                                f"Survey question Q{n}",
                                "The share of staff who said that they had experienced it at work",
                                LONG_WORD,
                                f"row {n}, rate",
                            ]
                            for n in range(1, 81)
                        ],
                    )
                }
            ),
            code({"text/plain": "plain words of an output"}),
            nbformat.v4.new_markdown_cell("1. first\n2. second\n\n> a quotation\n\nA footnote.[^1]\n\n[^1]: Its text."),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # a random one would differ from worker to worker
    return notebook


TRUSTS = {
    "RX1": {"code": "RX1", "name": "Nottingham Example NHS Trust", "region": "Midlands", "kind": "acute"},
    "RX2": {"code": "RX2", "name": HOSTILE_NAME, "region": "London", "kind": "mental health"},
    "RX3": {"code": "RX3", "name": "Saint Ébène's Ambulance NHS Trust", "region": "London", "kind": "ambulance"},
}


def write_project(folder: Path) -> list[str]:
    """Stage a project with the notebooks above and the golden ones, and return its pages."""
    stage_project(Project(ROOT), folder)
    pages = []
    for code_, trust in TRUSTS.items():
        notebook = set_front_matter(
            executed_notebook(), title=trust["name"], subtitle="Race equality board report", trust=trust
        )
        nbformat.write(notebook, folder / "trusts" / f"{code_}.ipynb")
        pages.append(f"trusts/{code_}.ipynb")
    overview = set_front_matter(executed_notebook(), title="All trusts")
    nbformat.write(overview, folder / "notebooks" / "national_overview.ipynb")
    pages.append("notebooks/national_overview.ipynb")
    for golden in GOLDEN:
        code_ = golden.stem.removeprefix("board_report_")
        (folder / "trusts" / f"{code_}.ipynb").write_bytes(golden.read_bytes())
        pages.append(f"trusts/{code_}.ipynb")
    return pages


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("staged") / "project"
    return folder, write_project(folder)


@pytest.fixture(scope="session")
def site(staged: tuple[Path, list[str]], made_once) -> Path:
    """The site by the built-in renderer."""
    project, pages = staged

    def make(folder: Path) -> None:
        assert render_site(project, folder, pages, jobs=2, engine="built-in") == []

    return made_once("site", make)


@pytest.fixture(scope="session")
def built_site(built) -> Path:
    """Real trusts, the demonstration trust and the pages on all trusts, as ``race-equality build`` makes them."""
    return built.site


@pytest.fixture
def page_file(request: pytest.FixtureRequest) -> Path:
    """A page of a site, by the names of the site's fixture and of the page."""
    site, address = request.param
    return request.getfixturevalue(site) / address


#: What fontconfig finds for the browser.
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}</dir>
  <cachedir>{folder}/cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
</fontconfig>
"""


def dejavu_alone(folder: Path) -> Path:
    """Write a configuration of fontconfig that knows DejaVu Sans, which is wider than Arial, and no other font."""
    found = [
        *Path("/usr/share/fonts").rglob("DejaVuSans*.ttf"),
        *Path("/usr/local/share/fonts").rglob("DejaVuSans*.ttf"),
    ]
    if not found:
        pytest.skip("the font DejaVu Sans is not on this machine (apt-get install fonts-dejavu-core)")
    for font in found:
        shutil.copy(font, folder)
    configuration = folder / "fonts.conf"
    configuration.write_text(_FONTS.format(folder=html.escape(str(folder))), encoding="utf-8")
    return configuration


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """Chromium that knows DejaVu alone, so that no page rests on a font of this machine."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not on the PATH")
    fonts = {"FONTCONFIG_FILE": str(dejavu_alone(tmp_path_factory.mktemp("fonts")))}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS, env=os.environ | fonts)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a site as a web server does, at the address returned: Quarto's scripts do not run from a file."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with ExitStack() as servers:

        def serve_(folder: Path) -> str:
            handler = functools.partial(Quiet, directory=str(folder))
            server = servers.enter_context(http.server.ThreadingHTTPServer(("localhost", 0), handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            servers.callback(server.shutdown)
            return f"http://localhost:{server.server_port}/"

        yield serve_


@contextmanager
def opening(browser) -> Iterator[Callable]:
    """Open files in new windows; what went wrong while one loads stands in ``page.faults``."""
    contexts = []

    def open_(file: Path, *, width: int = 1280, height: int = 900, without_font: bool = False, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        if without_font:
            context.route("**/*.woff2", lambda route: route.abort())
        page = context.new_page()
        page.faults = []
        page.on("console", lambda said: page.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("requestfailed", lambda request: page.faults.append(f"failed {request.url[:200]}"))
        page.on(
            "request",
            lambda request: (
                page.faults.append(f"asked for {request.url[:200]}")
                if not request.url.startswith(("file://", "data:"))
                else None
            ),
        )
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready")
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(browser) -> Iterator[Callable]:
    """Open a file in a new window."""
    with opening(browser) as open_:
        yield open_


@pytest.fixture(scope="module")
def page(request: pytest.FixtureRequest, browser) -> Iterator:
    """A page that several tests look at, by the names of the site's fixture and of the page, and how it is opened.

    It is opened once for all of them, which takes longer than to look at it: they follow each other (``scope="module"``
    where they are given the page), set the window's size, and leave the rest as it was.
    """
    site, address, *settings = request.param
    with opening(browser) as open_:
        yield open_(request.getfixturevalue(site) / address, **(settings[0] if settings else {}))


#: Names that something which shows them could take for more than text: of the trust that is built, and of others.
HOSTILE_NAMES = {
    "R1H": "<script>window.ran=1</script> [x](javascript:window.ran=1) *a* $x$ NHS Trust",
    "RAJ": "<script>window.ran=1</script> NHS Trust",
    "RJ1": "[x](javascript:window.ran=1) NHS Trust",
    "RRK": "<img src=x onerror=window.ran=1> NHS Trust",
    "RJZ": "a*b_c and **bold** $x$ NHS Trust",
    "RAL": "{{< include x >}} `r 1` @fig-x NHS Trust",
    "RF4": '=HYPERLINK("x") NHS Trust',
    "RV5": "#let x = [typst] </td></table> NHS Trust",
}


@pytest.fixture(scope="session")
def hostile_site(made_once) -> Path:
    """The report of a trust, with a list of all in it, where each trust has one of those names."""

    def make(folder: Path) -> None:
        copy_figures(HOSTILE_NAMES, folder / "data" / "figures")
        for name in ("data/sources", "notebooks", "params"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("_quarto.yml", "index.qmd"):
            shutil.copy(ROOT / name, folder / name)
        for name in ("compare", "data_quality", "methods", "staff_and_patients"):  # each takes longer than the report
            (folder / "notebooks" / f"{name}.ipynb").unlink()
        write_notebook(folder / "notebooks" / "national_overview.ipynb", "1", parameters="most_trusts = None")
        report = nbformat.read(folder / "notebooks" / "board_report.ipynb", as_version=4)
        report.cells += [
            nbformat.v4.new_code_cell(source)
            for source in (
                'Prose("\\n\\n".join(f"The report of {name}." for name in trusts["trust_name"]))',
                "from race_equality.notebook import Linked\n"
                "links = [Linked(row.trust_name, f'../trusts/{row.trust_code}.html') for row in trusts.itertuples()]\n"
                "show_table(trusts.assign(name=links), id='tbl-trusts', caption=trusts['trust_name'].str.cat(),"
                " columns={'name': 'Trust', 'kind': trusts['trust_name'].iloc[0]})",
            )
        ]
        nbformat.write(report, folder / "notebooks" / "board_report.ipynb")
        file = folder / "data" / "figures" / "trusts.parquet"
        trusts = pq.read_table(file).to_pylist()
        for row in trusts:
            row["trust_name"], row["system"] = HOSTILE_NAMES[row["trust_code"]], f"{row['system']} <b>*y*</b>"
        pq.write_table(pa.Table.from_pylist(trusts, pq.read_schema(file)), file)
        record_figures(folder)
        end = CommandLine(folder).build("R1H", "--renderer", "built-in")
        assert end.returncode == 0, end.stderr

    return made_once("hostile", make) / "output" / "site"
