"""What a site says it was made from: the manifest of a build, or that of an edition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from race_equality.batch.freshness import Inputs
from race_equality.batch.manifest import MANIFEST_FILE, hash_code, hash_file, quarto_version, read_manifest, versions
from race_equality.errors import InputError
from race_equality.publishing.banner import without_banner
from race_equality.render.edition import Edition
from race_equality.render.links import with_all_links

#: Of an edition's manifest. Increased when the meaning of a key changes.
FORMAT = 1


@dataclass(frozen=True)
class MadeFrom:
    """What pages were made from.

    Parameters
    ----------
    inputs : mapping of str to str
        File of the project to SHA-256.
    code : str
        One hash of the package's modules.
    versions : mapping of str to str
        Of Python and of each package that can change a page.
    renderer : str
        ``built-in`` or ``quarto``.
    """

    inputs: Mapping[str, str]
    code: str
    versions: Mapping[str, str]
    renderer: str


@dataclass(frozen=True)
class PageRecord:
    """One page of a site.

    Parameters
    ----------
    notebook : str
    parameters : mapping of str to str
    made_from : MadeFrom
    """

    notebook: str
    parameters: Mapping[str, str]
    made_from: MadeFrom


@dataclass(frozen=True)
class SiteRecord:
    """A site with what it says of itself.

    Parameters
    ----------
    site : Path
        The folder of its pages.
    edition : Edition
        Without a name for a site that is none.
    pages : mapping of str to PageRecord
        By the executed notebook, such as ``trusts/RJ1.ipynb``.
    files : mapping of str to str
        File in the site to the SHA-256 that it had when it was made.
    is_published : bool
        Whether it stands as an edition; if not, it is in the output folder of a build.
    """

    site: Path
    edition: Edition
    pages: Mapping[str, PageRecord]
    files: Mapping[str, str]
    is_published: bool = False

    def hash_of(self, name: str) -> str:
        """Return the hash of a file as it is now, as :attr:`files` has it: without a banner on what was found wrong."""
        content = (self.site / name).read_bytes()
        if name.endswith(".html"):
            content = without_banner(content)
            if not self.is_published:
                content = with_all_links(content)
        return hashlib.sha256(content).hexdigest()


def made_from_now(inputs: Inputs, renderer: str) -> MadeFrom:
    """Say what a site is made from that is made now.

    Parameters
    ----------
    inputs : Inputs
    renderer : str
        ``built-in`` or ``quarto``.
    """
    found = versions() | ({"quarto": quarto_version()} if renderer == "quarto" else {})
    return MadeFrom(inputs.figure_hashes | inputs.other_hashes(), hash_code(), found, renderer)


def hashes_of(files: Mapping[str, Path | bytes]) -> dict[str, str]:
    """Hash files.

    Parameters
    ----------
    files : mapping of str to Path or bytes
        Name to content, or to where that is.

    Returns
    -------
    dict of str to str
        Name to SHA-256.
    """
    return {
        name: hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else hash_file(content)
        for name, content in files.items()
    }


def edition_manifest(
    edition: Edition, pages: Mapping[str, Mapping[str, Any]], made_from: MadeFrom, files: Mapping[str, str]
) -> str:
    """Write the manifest of an edition.

    Parameters
    ----------
    edition : Edition
    pages : mapping of str to mapping
        Executed notebook to its ``notebook`` and ``parameters``.
    made_from : MadeFrom
    files : mapping of str to str
        From :func:`hashes_of`.

    Returns
    -------
    str
        JSON, without anything that differs between two machines that make the same edition.
    """
    manifest = {
        "format": FORMAT,
        "edition": vars(edition),
        "pages": {path: {"notebook": one["notebook"], "parameters": one["parameters"]} for path, one in pages.items()},
        "inputs": dict(made_from.inputs),
        "code": made_from.code,
        "versions": dict(made_from.versions),
        "renderer": made_from.renderer,
        "files": dict(files),
    }
    return json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read_record(folder: Path) -> SiteRecord:
    """Read what a site says it was made from.

    Parameters
    ----------
    folder : Path
        An edition, the output folder of a build, or the ``site`` in it.

    Returns
    -------
    SiteRecord

    Raises
    ------
    InputError
        When there is no manifest, or none that can be read.
    """
    for place in (folder, folder.parent) if folder.name == "site" else (folder,):
        if (file := place / MANIFEST_FILE).is_file():
            return _read(file)
    raise InputError(
        f"It holds no {MANIFEST_FILE}, so nothing says what it was made from.",
        file=folder,
        mend="Name the folder of an edition, or the output folder of a build.",
    )


def _read(file: Path) -> SiteRecord:
    wrong = InputError("It is no manifest of this package, or it is damaged.", file=file)
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if "files" in manifest:
            return _of_edition(manifest, file.parent)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise wrong from None
    manifest = read_manifest(file.parent)
    if not manifest["pages"]:
        raise wrong
    return _of_build(manifest, file.parent)


def _of_edition(manifest: Mapping[str, Any], folder: Path) -> SiteRecord:
    made_from = MadeFrom(manifest["inputs"], manifest["code"], manifest["versions"], manifest["renderer"])
    pages = {path: PageRecord(one["notebook"], one["parameters"], made_from) for path, one in manifest["pages"].items()}
    return SiteRecord(folder, Edition(**manifest["edition"]), pages, manifest["files"], is_published=True)


def _of_build(manifest: Mapping[str, Any], output: Path) -> SiteRecord:
    pages: dict[str, PageRecord] = {}
    files: dict[str, str] = {}
    edition = Edition()
    for path, entry in manifest["pages"].items():
        if entry.get("status") != "done":
            continue
        build = manifest["builds"].get(entry["build"], {})
        renderer = entry.get("rendered_from", {}).get("renderer", "built-in").partition(" ")[0]
        inputs = build.get("figures", {}) | build.get("inputs", {}) | entry.get("inputs", {})
        edition = Edition(**entry.get("edition", {}))
        made_from = MadeFrom(inputs, build.get("code", ""), build.get("versions", {}), renderer)
        pages[path] = PageRecord(entry["notebook"], entry["parameters"], made_from)
        files |= {name: one["sha256"] for name, one in entry.get("outputs", {}).items()}
    files |= {name: one["sha256"] for name, one in manifest.get("downloads", {}).get("outputs", {}).items()}
    return SiteRecord(output / "site", edition, pages, files)
