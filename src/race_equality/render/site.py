"""All pages of a site, by Quarto or by the built-in renderer."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from race_equality.errors import InputError, RaceEqualityError
from race_equality.files import copy_atomically, write_atomically
from race_equality.render.config import SiteConfig, check_fields, makes_pdf, page_address, read_config
from race_equality.render.failure import RenderFailure
from race_equality.render.fonts import publish_font
from race_equality.render.formats import formats_of
from race_equality.render.links import follow_links, with_page_addresses
from race_equality.render.listing import without_missing_pages, write_listing
from race_equality.render.pandoc import Translator, Translators
from race_equality.render.sitemap import write_sitemap
from race_equality.render.vega import publish_library

if TYPE_CHECKING:
    from race_equality.render.notebook import PageSource

Engine = Literal["auto", "quarto", "built-in"]
OnPage = Callable[[str, str], None]


def render_site(
    project_dir: Path,
    site_dir: Path,
    pages: Sequence[str],
    *,
    jobs: int = 1,
    engine: Engine = "auto",
    on_page: OnPage | None = None,
    on_batches: Callable[[int], None] = lambda count: None,
) -> list[RenderFailure]:
    """Render executed notebooks, and the first page with the list of trusts.

    Parameters
    ----------
    project_dir : Path
        A staged project (:func:`race_equality.render.stage_project`) with executed notebooks.
    site_dir : Path
        Where ``index.html`` and the pages go. Pages that are there and not asked for stay.
    pages : sequence of str
        Notebooks in `project_dir`, such as ``trusts/RJ1.ipynb``. Each gives an HTML page, a PDF
        (unless its front matter says ``format: html``) and a copy of the notebook.
    jobs : int, optional
        Pages at once.
    engine : {"auto", "quarto", "built-in"}, optional
        ``auto`` is Quarto if it is on the PATH, and else the built-in renderer.
    on_page : callable, optional
        Called with the page and ``"html"``, ``"pdf"``, ``"done"`` or ``"failed"`` as each begins;
        one call at a time. Of Quarto's pages, which are published some at a time, ``"made"`` comes before ``"done"``,
        and ``"start"`` before the first of them, while their Quarto starts.
    on_batches : callable, optional
        Called with the number of Quartos that will be started.

    Returns
    -------
    list of RenderFailure
        In the order of `pages`; empty when all went well. A page that fails leaves the page of an
        earlier build in place, and the others go on.

    Raises
    ------
    RaceEqualityError
        When nothing can be rendered: no ``_quarto.yml``, no Quarto although it was asked for, a
        page outside the project, or a first page that fails.
    """
    project_dir, site_dir = Path(project_dir), Path(site_dir)
    config = read_config(project_dir)
    for page in pages:
        _check_name(page)
    quarto = find_quarto(engine)
    report = _serialised(on_page)
    if quarto:
        from race_equality.render.quarto import render_site_by_quarto

        failures = render_site_by_quarto(
            quarto, project_dir, site_dir, pages, config=config, jobs=jobs, on_page=report, on_batches=on_batches
        )
    else:
        config.check_for_built_in()
        publish_font(site_dir)
        failures = _render_built_in(project_dir, site_dir, pages, config, jobs, report)
        _render_index(project_dir, site_dir, config)
    follow_links(site_dir)
    publish_library(site_dir)
    write_sitemap(site_dir, config)
    order = {page: position for position, page in enumerate(pages)}
    return sorted(failures, key=lambda failure: order[failure.page])


def _check_name(page: str) -> None:
    path = PurePosixPath(page)
    if path.is_absolute() or ".." in path.parts or path.suffix != ".ipynb":
        raise RaceEqualityError(f"{page!r} is not a notebook of the project.")


def find_quarto(engine: Engine) -> str | None:
    """Find Quarto for a choice of renderer.

    Parameters
    ----------
    engine : {"auto", "quarto", "built-in"}

    Returns
    -------
    str or None
        The program; None for the built-in renderer.

    Raises
    ------
    RaceEqualityError
        When Quarto is asked for and is not on the PATH.
    """
    if engine not in ("auto", "quarto", "built-in"):
        raise RaceEqualityError(f"There is no renderer {engine!r}: use auto, quarto or built-in.")
    if engine == "built-in":
        return None
    found = shutil.which("quarto")
    if engine == "quarto" and found is None:
        raise RaceEqualityError(
            "Quarto is not on the PATH. Install it from https://quarto.org, or use the built-in renderer."
        )
    return found


def _serialised(on_page: OnPage | None) -> OnPage:
    lock = threading.Lock()

    def report(page: str, stage: str) -> None:
        if on_page is not None:
            with lock:
                on_page(page, stage)

    return report


def _render_built_in(
    project_dir: Path, site_dir: Path, pages: Sequence[str], config: SiteConfig, jobs: int, report: OnPage
) -> list[RenderFailure]:
    # Threads, not processes: Pandoc is a separate process, and typst releases Python's lock.
    made = ["index.html", *map(page_address, pages)]

    def render(page: str) -> RenderFailure | None:
        failure = render_page(
            project_dir,
            site_dir,
            page,
            config,
            linked_files=made,
            translator=translators,
            on_stage=lambda stage: report(page, stage),
        )
        report(page, "failed" if failure else "done")
        return failure

    with (
        Translators() as translators,
        ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="render") as pool,
    ):
        try:
            return [failure for failure in pool.map(render, pages) if failure is not None]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def render_page(
    project_dir: Path,
    site_dir: Path,
    page: str,
    config: SiteConfig,
    *,
    linked_files: Collection[str],
    translator: Translator | Translators,
    on_stage: Callable[[str], None],
    pdf: bool = True,
) -> RenderFailure | None:
    """Render one page with the built-in renderer, without the index page.

    Parameters
    ----------
    project_dir, site_dir : Path
        As for :func:`render_site`.
    page : str
        Such as ``trusts/RJ1.ipynb``.
    config : SiteConfig
        Of the project.
    linked_files : collection of str
        Addresses of pages that will exist: navigation links to them as to existing pages.
    translator : Translator or Translators
    on_stage : callable
        Called with ``"html"`` and ``"pdf"`` as each begins.
    pdf : bool
        Make the PDF of a page that has one.

    Returns
    -------
    RenderFailure or None
        The failure, if any; the page of an earlier build then stays in place.
    """
    from race_equality.render.builtin import page_html, page_pdf, translated_page
    from race_equality.render.notebook import read_page

    address = page_address(page)
    target = site_dir / address
    stage = "html"
    on_stage(stage)
    try:
        source = _with_edition(read_page(project_dir / page, settings=config.metadata), address, config)
        with_pdf = pdf and makes_pdf(source.front_matter, config)
        translation = translated_page(source, config, translator, pdf=with_pdf)
        html = page_html(
            source,
            address,
            config,
            formats=formats_of(page, site_dir, pdf=with_pdf),
            navigation=config.navigation_to(site_dir, linked_files),
            translation=translation,
        )
        paper = None
        if with_pdf:
            stage = "pdf"
            on_stage(stage)
            paper = page_pdf(source, config, translation=translation)
        # Nothing is written before both the page and its PDF are made.
        if paper is not None:
            write_atomically(target.with_suffix(".pdf"), paper)
        copy_atomically(project_dir / page, site_dir / page)
        write_atomically(target, html)
    except (RaceEqualityError, OSError) as error:
        return RenderFailure(page, stage, str(error))
    except Exception as error:  # one page's error must not stop the others
        return RenderFailure(page, stage, f"{type(error).__name__}: {error}")
    return None


def _with_edition(source: PageSource, address: str, config: SiteConfig) -> PageSource:
    """Say at the end of a page of which edition it is."""
    title = str(source.front_matter.get("title") or "")
    said = config.edition.in_words(address, title=title, site=config.title)
    return replace(source, markdown=source.markdown + said) if said else source


def _render_index(project_dir: Path, site_dir: Path, config: SiteConfig) -> None:
    from race_equality.render.builtin import page_html
    from race_equality.render.front_matter import split_front_matter
    from race_equality.render.notebook import PageSource

    write_listing(project_dir, site_dir)
    front_matter, text = split_front_matter(project_dir / "index.qmd")
    check_fields(front_matter, (project_dir / "index.qmd").read_text(encoding="utf-8"), project_dir / "index.qmd")
    navigation = config.navigation_to(site_dir, {"index.html"})
    source = _with_edition(PageSource(front_matter, text), "index.html", config)
    page = page_html(source, "index.html", config, navigation=navigation)
    write_atomically(site_dir / "index.html", without_missing_pages(page, site_dir))
    if config.other_pages:
        with Translator() as translator:
            for name in config.other_pages:
                render_text(project_dir, site_dir, name, config, translator)


def render_text(project_dir: Path, site_dir: Path, name: str, config: SiteConfig, translator: Translator) -> None:
    """Make a page that is not a notebook with the built-in renderer.

    Parameters
    ----------
    project_dir, site_dir : Path
        As for :func:`render_site`.
    name : str
        Such as ``about.qmd``.
    config : SiteConfig
        Of the project.
    translator : Translator

    Raises
    ------
    RaceEqualityError
        When the page has code, which is not run, or Pandoc or typst fails.
    """
    from race_equality.render.builtin import page_html, page_pdf, translated_page
    from race_equality.render.front_matter import split_front_matter
    from race_equality.render.notebook import PageSource, check_shortcodes

    front_matter, text = split_front_matter(project_dir / name)
    check_fields(front_matter, (project_dir / name).read_text(encoding="utf-8"), project_dir / name)
    check_shortcodes(text, project_dir / name)
    if re.search(r"^```+\{\w", text, re.MULTILINE):
        raise InputError(
            "The built-in renderer does not run code in a page.",
            file=project_dir / name,
            mend="Make it a notebook in notebooks/, or render with Quarto (--renderer quarto).",
        )
    address = page_address(name)
    source = _with_edition(PageSource(front_matter, text), address, config)
    with_pdf = makes_pdf(front_matter, config)
    translation = translated_page(source, config, translator, pdf=with_pdf)
    navigation = config.navigation_to(site_dir, {"index.html"})
    page = page_html(source, address, config, navigation=navigation, translation=translation)
    if with_pdf:
        pdf = page_pdf(source, config, translation=translation)
        write_atomically((site_dir / address).with_suffix(".pdf"), pdf)
    write_atomically(site_dir / address, with_page_addresses(page))
