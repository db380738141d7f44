"""What a build gives to Quarto: a copy of the project with some of its pages, in the form that Quarto reads fastest."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from race_equality.errors import RaceEqualityError
from race_equality.files import copy_atomically, copy_folder, write_atomically
from race_equality.render.config import SiteConfig, page_address
from race_equality.render.contributions import split_format
from race_equality.render.extension import FILE, IN_PROJECT, html_outputs
from race_equality.render.failure import RenderFailure
from race_equality.render.front_matter import front_matter_of, split_front_matter
from race_equality.render.listing import replace_listing
from race_equality.render.notebook import picture_bytes, without_pictures
from race_equality.render.pdf import plain_opacity
from race_equality.render.typst_outputs import as_typst

#: The place of the links to a page's other forms. Quarto's own list of them has no data
#: files, is hidden on phones, and turns a link to a notebook into one to its page.
OTHER_FORMATS = "<!--other-formats-->"
#: The place of the list of trusts, which is there when all pages are.
LISTING = "<!--trusts-with-a-page-->"
INDEX = "index.qmd"
_NUMBERING = (IN_PROJECT / "filters" / "numbering.lua").as_posix()
_NUMBERED = re.compile(r"""(?:#|\bid=["']?|\blabel: *["']?)(?:fig|tbl|lst|eq|thm)-""")


def stage_pages(
    project_dir: Path, folder: Path, pages: Sequence[str], *, config: SiteConfig, pictures: dict[str, str]
) -> list[RenderFailure]:
    """Write pages into a project folder of a Quarto.

    Parameters
    ----------
    project_dir : Path
        The staged project.
    folder : Path
        That of the Quarto.
    pages : sequence of str
        Notebooks, the first page, and others that the project names.
    config : SiteConfig
        Of the project: what figures and tables are called, which code and outputs are shown, what pages say of their edition.
    pictures : dict of str to str
        Gets the data address of each picture by its file name.

    Returns
    -------
    list of RenderFailure
        Of notebooks that cannot be read.
    """
    failures = []
    for page in pages:
        try:
            if page == INDEX:
                source = (project_dir / INDEX).read_text(encoding="utf-8")
                said = config.edition.in_words("index.html", title="", site=config.title)
                write_atomically(folder / INDEX, replace_listing(source, LISTING) + said)
            elif page.endswith(".ipynb"):
                pictures.update(_for_quarto(project_dir / page, folder / page, page, config))
            else:
                front_matter, _ = split_front_matter(project_dir / page)
                title = str(front_matter.get("title") or "")
                said = config.edition.in_words(page_address(page), title=title, site=config.title)
                write_atomically(folder / page, (project_dir / page).read_text(encoding="utf-8") + said)
        except RaceEqualityError as error:
            failures.append(RenderFailure(page, "html", str(error)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{page} is not a notebook ({error}). Run the notebook again."
            failures.append(RenderFailure(page, "html", message))
    return failures


def copy_project(project_dir: Path, folder: Path) -> None:
    """Copy a staged project without its pages into the folder of a Quarto.

    Parameters
    ----------
    project_dir, folder : Path
    """
    for entry in project_dir.iterdir():
        if entry.is_dir() and entry.name not in ("notebooks", "trusts", "_site", ".quarto"):
            copy_folder(entry, folder / entry.name)
        elif entry.is_file() and entry.name != INDEX:
            copy_atomically(entry, folder / entry.name)


def write_settings(
    project_dir: Path, folder: Path, pages: Sequence[str], *, site_dir: Path, made: Collection[str]
) -> None:
    """Write the settings of a Quarto: those of the project, with the pages that it renders.

    Parameters
    ----------
    project_dir, folder : Path
    pages : sequence of str
        What this Quarto renders.
    site_dir : Path
        The site, with the pages of earlier builds.
    made : collection of str
        Sources of all pages of this render: navigation leads to them, and to those in the site.
    """
    settings = yaml.safe_load((project_dir / "_quarto.yml").read_text(encoding="utf-8"))
    settings.setdefault("project", {})["render"] = list(pages)
    settings["project"]["output-dir"] = "_site"
    settings.setdefault("execute", {})["enabled"] = False
    _without_notebook_filter(folder)
    # of outputs in both forms (_in_both_forms)
    settings["filters"] = [*(settings.get("filters") or []), {"at": "pre-ast", "path": _NUMBERING}]
    settings["html-table-processing"] = "none"
    formats = settings.get("format")
    for name, own in formats.items() if isinstance(formats, dict) else ():
        if split_format(name)[1] == "html" and isinstance(own, dict):
            own["format-links"] = False
    # The pages that are linked to may be given to another Quarto: their addresses, not their sources.
    addresses = {page_address(page) for page in made} | {"index.html"}

    def there(items: Iterable[Any]) -> list[Any]:
        kept = []
        for item in items:
            if isinstance(item, dict) and isinstance(item.get("menu"), list):
                item["menu"] = there(item["menu"])
            elif isinstance(item, dict) and "href" in item:
                address = page_address(item["href"])
                if "://" not in address and address not in addresses and not (site_dir / address).is_file():
                    continue
                item["href"] = item["href"] if item["href"] in pages else address
            kept.append(item)
        return kept

    bar = settings.get("website", {}).get("navbar")
    for side in ("left", "right") if isinstance(bar, dict) else ():
        if kept := there(bar.get(side) or []):
            bar[side] = kept
    (folder / "_quarto.yml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _without_notebook_filter(folder: Path) -> None:
    """Take the filter of notebooks out of the extension, which :func:`_for_quarto` has done: it is a process for each page."""
    file = folder / IN_PROJECT / FILE
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    settings["contributes"]["formats"]["common"].get("execute", {}).pop("ipynb-filters", None)
    file.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _for_quarto(file: Path, target: Path, page: str, config: SiteConfig) -> dict[str, str]:
    """Write a notebook in the form that Quarto reads fastest, and its pictures next to it.

    HTML outputs are raw blocks in the form of the page and of the PDF, or else as the project's
    ``ipynb-filters`` make them. Pictures are files, because every step of Quarto reads data addresses
    again. A place for links is at the top, and what the page says of its edition at the end. Returns the pictures'
    addresses by file name.
    """
    pictures: dict[str, str] = {}
    notebook = json.loads(file.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            html_outputs.chart_as_html(data)
            if "text/html" in data:
                data["text/html"] = without_pictures("".join(data["text/html"]), pictures)
    in_both_forms = _in_both_forms(notebook, config.metadata.get("crossref") or {})
    if not in_both_forms:
        html_outputs.html_as_raw_blocks(notebook)
    cells = notebook["cells"]
    has_front_matter = bool(cells) and cells[0].get("cell_type") == "raw"
    front_matter = front_matter_of(cells[0], file) if has_front_matter else {}
    if in_both_forms and _shows_outputs_alone(config.metadata, front_matter):
        notebook["cells"] = cells = [kept for cell in cells if (kept := _output_alone(cell))]
    if front_matter:
        text = f"---\n{yaml.safe_dump(_without_shortcodes(front_matter), allow_unicode=True, sort_keys=False)}---"
        cells[0]["source"] = text.splitlines(keepends=True)  # Quarto shows a front matter that is not in lines as text
    cells.insert(
        1 if has_front_matter else 0,
        {
            "cell_type": "markdown",
            "id": "other-formats",
            "metadata": {},
            # a list, because Quarto takes a string for one line
            "source": html_outputs.raw_block(OTHER_FORMATS).splitlines(keepends=True),
        },
    )
    title = str(front_matter.get("title") or "")
    if said := config.edition.in_words(page_address(page), title=title, site=config.title):
        lines = said.strip().splitlines(keepends=True)
        cells.append({"cell_type": "markdown", "id": "this-edition", "metadata": {}, "source": lines})
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    for name, address in pictures.items():
        content = picture_bytes(address)
        target.with_name(name).write_bytes(plain_opacity(content) if name.endswith(".svg") else content)
    return pictures


def _shows_outputs_alone(settings: Mapping[str, Any], front_matter: Mapping[str, Any]) -> bool:
    """Whether cells without options of their own show all outputs and no code."""
    usual: dict[str, Any] = {"echo": True}
    for options in (settings, front_matter):
        execute = options.get("execute")
        usual |= execute if isinstance(execute, dict) else {}
    return usual["echo"] is False and usual.get("output", True) is True and usual.get("include", True) is True


def _output_alone(cell: dict[str, Any]) -> dict[str, Any] | None:
    """Return the outputs of a code cell as Markdown; None where it shows nothing.

    Quarto frames each cell and each output, and each of its filters walks through all frames: a sixth of what a report
    costs. A cell with an option or a tag, and one that prints, stays as it is.
    """
    source = "".join(cell.get("source", ""))
    tags = set(cell.get("metadata", {}).get("tags", [])) - {"parameters", "injected-parameters"}
    outputs = cell.get("outputs", [])
    shown = [output.get("data", {}).get("text/markdown") for output in outputs]
    if cell.get("cell_type") != "code" or source.startswith("#|") or tags or not all(shown):
        return cell
    text = "\n\n".join("".join(markdown) for markdown in shown)
    lines = text.splitlines(keepends=True)
    return {"cell_type": "markdown", "id": cell.get("id", ""), "metadata": {}, "source": lines} if lines else None


def _without_shortcodes(front_matter: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is for the list of trusts alone and what would run the notebook again, and part a shortcode in a title.

    In the front matter Quarto runs shortcodes even where they are escaped, and ``env`` shows a variable of the machine.
    """
    fields = {name: value for name, value in front_matter.items() if name != "trust"}
    if isinstance(execute := fields.get("execute"), dict):
        fields["execute"] = {name: value for name, value in execute.items() if name != "enabled"}
    for name in ("title", "subtitle"):
        if name in fields:
            parted = str(fields[name]).replace("\\{\\<", "\\{\N{WORD JOINER}\\<")
            fields[name] = parted.replace("\\>\\}", "\\>\N{WORD JOINER}\\}")
    return fields


def _in_both_forms(notebook: dict[str, Any], crossref: Mapping[str, str]) -> bool:
    """Give each HTML output as HTML and as typst, if that can be done for all that are numbered.

    Quarto's filters walk through each cell of each table some thirty times, which is most of what a
    report costs. Given both forms it reads neither, and the project's own filter numbers them. Where
    a page has figures or tables of Quarto's own as well, Quarto must count them all.
    """
    texts = ["".join(cell.get("source", "")) for cell in notebook["cells"] if cell.get("cell_type") == "markdown"]
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            texts += [line for line in "".join(cell.get("source", "")).splitlines() if line.startswith("#|")]
    outputs = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    texts += ["".join(data["text/markdown"]) for data in outputs if "text/markdown" in data and "text/html" not in data]
    if any(_NUMBERED.search(text) for text in texts):
        return False
    forms: list[tuple[dict[str, Any], str]] = []
    for data in outputs:
        if "text/html" in data:
            markup = data["text/html"]
            typst = as_typst(markup, crossref)
            if typst is None and _NUMBERED.search(markup):
                return False
            both = (
                f"{html_outputs.raw_block(markup)}\n\n{html_outputs.raw_block(typst, 'typst')}"
                if typst
                else html_outputs.raw_block(html_outputs.with_column_widths(markup))
            )
            forms.append((data, both))
    for data, markdown in forms:
        del data["text/html"]
        data["text/markdown"] = markdown
    return True
