"""Cells that the fork server compiles once for every kernel.

A notebook that runs for each of two hundred parameters has the same cells each time. To read, name and compile them takes
IPython a tenth of a report's own time.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from ipykernel.compiler import XCachingCompiler
from IPython.core.inputtransformer2 import TransformerManager

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: Holds the name that every cell is to have, when it is set.
_NAME_VARIABLE = "IPYKERNEL_CELL_NAME"

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class _Cell(NamedTuple):
    transformed: str
    name: str
    tree: ast.Module
    #: By the statement and how it is run; the tree keeps the statements, so that no other gets the address of one.
    codes: dict[tuple[int, str], CodeType]


#: By what was written in the notebook. A kernel takes a cell out: what runs a second time is compiled as ever.
_known: dict[str, _Cell] = {}


def compile_ahead(notebooks: Iterable[str | os.PathLike[str]]) -> None:
    """Compile the cells of notebooks, as IPython does.

    Parameters
    ----------
    notebooks : iterable of path-like
        Files. What cannot be read or compiled is left to the kernel that runs it, where it is reported.
    """
    for notebook in notebooks:
        with suppress(OSError, ValueError, TypeError, KeyError):
            for cell in json.loads(Path(notebook).read_bytes())["cells"]:
                if cell["cell_type"] == "code":
                    with suppress(SyntaxError, ValueError, OverflowError, MemoryError, RecursionError):
                        source = "".join(cell["source"])
                        _known[source] = _compiled(source)


def _compiled(source: str) -> _Cell:
    compiler: Any = XCachingCompiler()  # type: ignore[no-untyped-call]  # ipykernel's own gap
    transformed = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]  # IPython's own gap
    name = compiler.get_code_name(source, transformed, 0)
    tree = compiler.ast_parse(transformed, name)
    codes = {}
    with compiler.extra_flags(_AWAIT):
        before = compiler.flags
        for statement in tree.body:
            how = "single" if statement is tree.body[-1] and isinstance(statement, ast.Expr) else "exec"
            module = ast.Interactive([statement]) if how == "single" else ast.Module([statement], [])
            code = compiler(module, name, how)
            if compiler.flags != before:
                break  # what follows an import from __future__ is compiled otherwise
            codes[id(statement), how] = code
    return _Cell(transformed, name, tree, codes)


class KnownCells(XCachingCompiler):
    """A shell's compiler, which knows the cells that were compiled ahead.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell

    Notes
    -----
    A cell is known by its text. It is compiled here when something else bears on the result: an import from
    ``__future__``, or what the notebook has IPython do with the text or the tree of a cell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # ipykernel's own gap
        self._shell, self._flags = shell, self.flags
        self._codes: dict[tuple[int, str], CodeType] = {}
        self._current: _Cell | None = None
        manager = shell.input_transformer_manager
        usual = vars(TransformerManager()).items()  # type: ignore[no-untyped-call]  # IPython's own gap
        transform = manager.transform_cell

        def transform_cell(source: str) -> str:
            known = _known.get(source)
            is_usual = known is not None and all(vars(manager).get(name) == value for name, value in usual)
            return known.transformed if known is not None and is_usual else transform(source)

        manager.transform_cell = transform_cell

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        """Name a cell's code."""
        self._current = _known.pop(raw_code, None)
        if self._current is not None and self._current.transformed == code and _NAME_VARIABLE not in os.environ:
            return self._current.name
        self._current = None
        return super().get_code_name(raw_code, code, number)  # type: ignore[no-untyped-call]  # ipykernel's own gap

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """Parse a cell, or return the tree of the one just named."""
        known, self._current, self._codes = self._current, None, {}
        is_usual = self.flags == self._flags and not self._shell.ast_transformers
        if known is not None and is_usual and (known.transformed, known.name, "exec") == (source, filename, symbol):
            self._codes = known.codes
            return known.tree
        return super().ast_parse(source, filename, symbol)

    def __call__(self, source: Any, filename: str, symbol: str, **options: Any) -> CodeType:
        """Compile a statement."""
        if self._codes and not options and self.flags == self._flags | _AWAIT and len(source.body) == 1:
            code = self._codes.get((id(source.body[0]), symbol))
            if code is not None:
                return code
        return super().__call__(source, filename, symbol, **options)
