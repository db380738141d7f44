"""The Quarto extension ``race-equality``: formats, filters, style sheets, scripts and font, which both renderers use."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from race_equality.project import PACKAGED

NAME = "race-equality"
#: Its place in a project.
IN_PROJECT = Path("_extensions", NAME)
#: The one of this package: in the wheel, or in the checkout that the package was installed from.
EXTENSION = (PACKAGED if PACKAGED.is_dir() else Path(__file__).parents[3]) / IN_PROJECT

#: By which a folder is an extension.
FILE = "_extension.yml"


def extension_of(project_dir: Path) -> Path:
    """Return the extension that a project's pages are made with: its own, or else this package's."""
    own = project_dir / IN_PROJECT
    return own if (own / FILE).is_file() else EXTENSION


def files_of(folder: Path) -> Iterator[Path]:
    """Give the files of an extension, without what Python caches."""
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)


def _module(name: str) -> ModuleType:
    """Import a Python file of the extension, which Quarto runs with any Python, so that it is in no package."""
    file = EXTENSION / "filters" / f"{name}.py"
    found = importlib.util.spec_from_file_location(f"{__name__}.{name}", file)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    import html_outputs
else:
    html_outputs = _module("html_outputs")

__all__ = ["EXTENSION", "FILE", "IN_PROJECT", "NAME", "extension_of", "files_of", "html_outputs"]
