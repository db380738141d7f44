"""Put the documentation together as a Quarto project and render it."""

from __future__ import annotations

import html.parser
import posixpath
import re
import shutil
import subprocess
import tempfile
import urllib.parse
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import click

from race_equality.documentation.python_reference import python_pages
from race_equality.documentation.reference import commands_page, indicators_page
from race_equality.errors import InputError, RaceEqualityError
from race_equality.files import copy_atomically, copy_folder, write_atomically
from race_equality.project import Project
from race_equality.render.site import Engine
from race_equality.render.staging import stage_extension

#: Pages next to those of ``docs/``, by their place in the checkout.
OTHER_PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "data/README.md",
    "src/forked_kernels/README.md",
    "benchmarks/*.md",
)
#: The home page; the others keep their places in the checkout, so that one link serves a reader there and here.
HOME = "docs/index.md"
REFERENCE = "docs/reference"

#: Where the home page lists the reference.
_REFERENCE_MARK = "<!-- the reference -->\n"

_LINK = re.compile(r"(?<!\!)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^()\s]+)\)")
_HEADING = re.compile(r"\A\s*# +(?P<title>.+?)\s*(?:\{[^}]*\})?\n")
_SECTION = re.compile(r"^(?P<level>##+) +(?P<text>[^\n]+?) *(?P<address>\{[^}\n]*\})?$", re.MULTILINE)
_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def stage_documentation(project: Project, target: Path, commands: click.Group) -> list[str]:
    """Put a Quarto project of the documentation together.

    Parameters
    ----------
    project : Project
        A checkout.
    target : Path
        An empty folder for the project.
    commands : click.Group
        The command line, whose help becomes a page.

    Returns
    -------
    list of str
        The pages, such as ``docs/returns.md``. ``quarto render`` in `target` renders them, and so does
        :func:`render_documentation`.

    Raises
    ------
    InputError
        Where the folder has no documentation, or a link leads to nothing.
    """
    root = project.root
    settings = root / "docs" / "_quarto.yml"
    if not settings.is_file():
        raise InputError("There is no documentation in this project.", file=settings, mend="Run it in a checkout.")
    written = {
        f"{REFERENCE}/commands.md": commands_page(commands),
        f"{REFERENCE}/indicators.md": indicators_page(),
        **{f"{REFERENCE}/{name}.md": text for name, text in python_pages(root / "src").items()},
    }
    files = [file for pattern in ("docs/**/*.md", *OTHER_PAGES) for file in sorted(root.glob(pattern))]
    texts = {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in files} | written
    texts[HOME] = texts[HOME].replace(_REFERENCE_MARK, _reference_list(written))
    pages = []
    for name, text in texts.items():
        page = "index.qmd" if name == HOME else name
        write_atomically(target / page, _as_page(text, name, page, root, texts.keys()))
        pages.append(page)
    for picture in sorted((root / "docs" / "images").iterdir()):
        copy_atomically(picture, target / picture.relative_to(root))
    copy_atomically(settings, target / "_quarto.yml")
    stage_extension(root, target)
    return pages


def _reference_list(written: Mapping[str, str]) -> str:
    """List the pages that are written from the code, which the folder ``docs/`` does not have."""
    titles = {name: _HEADING.match(text) for name, text in written.items()}
    return "\n".join(
        f"- [{title['title']}]({posixpath.relpath(name, posixpath.dirname(HOME))})"
        for name, title in titles.items()
        if title
    )


def _as_page(text: str, name: str, page: str, root: Path, pages: Collection[str]) -> str:
    """Give a page its title as front matter, and links that hold in the site."""
    found = _HEADING.match(text)
    if found is None:
        raise InputError("It has no title.", file=root / name, mend="Begin it with a line such as “# Returns”.")
    title, body = found["title"].replace("`", ""), text[found.end() :]

    def follow(link: re.Match[str]) -> str:
        target, mark, place = link["target"].partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return link[0]
        meant = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if meant in pages:
            there = "index.qmd" if meant == HOME else meant
            return f"[{link['text']}]({posixpath.relpath(there, posixpath.dirname(page) or '.')}{mark}{place})"
        if not (root / meant).exists():
            raise InputError(f"The link to {link['target']} leads to nothing.", file=root / name)
        return link["text"]  # a file of the code, which the site does not have

    parts = _CODE.split(body)
    slugs = _Slugs()
    parts[::2] = [_SECTION.sub(slugs.add, _LINK.sub(follow, part)) for part in parts[::2]]
    return f'---\ntitle: "{title}"\n---\n\n{"".join(parts)}'


class _Slugs:
    """Give headings the addresses that a git host gives them, which Pandoc's differ from."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    def add(self, heading: re.Match[str]) -> str:
        """Return a heading with its address."""
        if heading["address"]:
            return heading[0]
        slug = re.sub(r"[^\w\- ]", "", heading["text"].lower()).strip().replace(" ", "-")
        self._used[slug] += 1
        again = self._used[slug] - 1
        return f"{heading['level']} {heading['text']} {{#{slug}{f'-{again}' if again else ''}}}"


def render_documentation(
    project: Project, target: Path, commands: click.Group, *, renderer: Engine = "auto"
) -> list[str]:
    """Make the documentation as a site and check its links.

    Parameters
    ----------
    project : Project
        A checkout.
    target : Path
        Where the pages go. What an earlier run wrote there is replaced.
    commands : click.Group
        The command line.
    renderer : {"auto", "quarto", "built-in"}, optional
        ``auto`` is Quarto if it is on the PATH, and else the built-in renderer.

    Returns
    -------
    list of str
        The addresses of the pages.

    Raises
    ------
    RaceEqualityError
        Where a page cannot be rendered, or a link leads to nothing; `target` is then as it was.
    """
    from race_equality.render.config import page_address
    from race_equality.render.site import find_quarto

    quarto = find_quarto(renderer)
    with tempfile.TemporaryDirectory(prefix="race-equality-docs-") as folder:
        staged, site = Path(folder) / "project", Path(folder) / "site"
        pages = stage_documentation(project, staged, commands)
        if quarto:
            _by_quarto(quarto, staged, site)
        else:
            _built_in(staged, site, pages)
        addresses = [page_address(page) for page in pages]
        if dead := list(dead_links(site)):
            raise RaceEqualityError("Links of the documentation lead to nothing:\n" + "\n".join(dead))
        _publish(site, target)
    return addresses


def _built_in(staged: Path, site: Path, pages: Sequence[str]) -> None:
    from race_equality.render.config import read_config
    from race_equality.render.fonts import publish_font
    from race_equality.render.pandoc import Translator
    from race_equality.render.site import render_text

    config = read_config(staged)
    config.check_for_built_in()
    publish_font(site)
    with Translator() as translator:
        for page in pages:
            render_text(staged, site, page, config, translator)
    copy_folder(staged / "docs" / "images", site / "docs" / "images")


def _by_quarto(quarto: str, staged: Path, site: Path) -> None:
    run = subprocess.run([quarto, "render", "--no-execute"], cwd=staged, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RaceEqualityError(f"Quarto could not render the documentation:\n{run.stderr.strip()}")
    copy_folder(staged / "_site", site)


_MADE_BY = "made-by-race-equality-docs"


def _publish(site: Path, target: Path) -> None:
    """Put the new site in the place of what an earlier run wrote, whole: copied next to it, and then two names changed."""
    if target.is_dir() and any(target.iterdir()) and not (target / _MADE_BY).is_file():
        raise RaceEqualityError(f"{target} holds other files. Name an empty folder with --output.")
    (site / _MADE_BY).touch()
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as near:
        new, old = Path(near, "new"), Path(near, "old")
        shutil.copytree(site, new)
        if target.is_dir():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.is_dir():
                old.rename(target)
            raise


class _Links(html.parser.HTMLParser):
    """The addresses that a page links to, and the places in it that can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep ``href`` and ``id``."""
        for name, value in attrs:
            if name == "href" and tag == "a" and value:
                self.links.append(value)
            elif name == "id" and value:
                self.places.add(value)


def dead_links(site: Path) -> Iterator[str]:
    """Find links within a site that lead to nothing.

    Parameters
    ----------
    site : Path
        A folder of HTML pages.

    Yields
    ------
    str
        The page and the link. Links to other sites are not followed.
    """
    pages = {}
    for file in sorted(site.rglob("*.html")):
        pages[file] = _Links()
        pages[file].feed(file.read_text(encoding="utf-8"))
    for file, page in pages.items():
        for link in page.links:
            address = urllib.parse.urlsplit(link)
            if address.scheme or address.netloc:
                continue
            there = (file.parent / urllib.parse.unquote(address.path)).resolve() if address.path else file
            place = urllib.parse.unquote(address.fragment)
            if not there.is_file() or (place and there in pages and place not in pages[there].places):
                yield f"{file.relative_to(site)}: {link}"
