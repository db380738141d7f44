"""PDFs by the ``typst`` package: tagged, archivable, and the same at every run."""

from __future__ import annotations

import ctypes
import io
import os
import re
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from race_equality.errors import RaceEqualityError
from race_equality.memory import give_back
from race_equality.render.fonts import FONT_DIRECTORY
from race_equality.render.notebook import picture_bytes


@cache
def _fonts(*, of_machine: bool = False):
    import typst

    return typst.Fonts(include_system_fonts=of_machine, font_paths=[str(FONT_DIRECTORY)])


@cache
def _no_fonts():
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)


def compile_pdf(
    document: str, pictures: Mapping[str, str], *, standards: Sequence[Any], date: int, with_machine_fonts: bool = False
) -> bytes:
    """Compile a typst document.

    Parameters
    ----------
    document : str
        Typst markup.
    pictures : mapping of str to str
        File name in the document to data address.
    standards : sequence of str
        Such as ``ua-1`` (accessible) and ``a-2a`` (for archives).
    date : int
        The document's date, in seconds since 1970.
    with_machine_fonts : bool, optional
        Use the fonts of this machine as well.

    Returns
    -------
    bytes
        The PDF.

    Raises
    ------
    RaceEqualityError
        With what typst said, and the text around the place.
    """
    with tempfile.TemporaryDirectory(prefix="race-equality-") as folder:
        main = Path(folder, "report.typ")
        main.write_text(document, encoding="utf-8")
        for name, address in pictures.items():
            content = picture_bytes(address)
            Path(folder, name).write_bytes(plain_opacity(content) if name.endswith(".svg") else content)
        options = {"root": folder, "pdf_standards": list(standards), "timestamp": date}
        if _is_apart:
            _fonts()  # read once, for each process that is forked
            return compressed(_in_a_fork(lambda: _compiled(main, options, with_machine_fonts)))
        try:
            return compressed(_compiled(main, options, with_machine_fonts))
        finally:
            _forget_earlier_documents()


def _compiled(main: Path, options: Mapping[str, Any], with_machine_fonts: bool) -> bytes:
    import typst

    def compiled(*, of_machine: bool) -> bytes:
        return typst.compile(str(main), font_paths=_fonts(of_machine=of_machine), **options)

    try:
        try:
            return compiled(of_machine=with_machine_fonts)
        except typst.TypstError as error:
            if not _letters_without_font(error):
                raise
        # a name in letters that Arimo does not have: a font of this machine may have them
        try:
            return compiled(of_machine=True)
        except typst.TypstError as error:
            document = main.read_text(encoding="utf-8")
            without = _replace_missing_letters(document, error)
            if without == document:
                raise
            main.write_text(without, encoding="utf-8")
            return compiled(of_machine=True)
    except typst.TypstError as error:
        raise RaceEqualityError(f"The PDF could not be made: {_typst_errors(error)}") from None


#: Whether each document is compiled in a process of its own.
_is_apart = False


def compile_apart() -> None:
    """From now on, compile each document in a process forked for it, where the platform can fork.

    What typst remembers of a document ends with that process: to have it forget takes a tenth of the time of making a PDF. For a process
    that has not compiled any document, as typst's threads are not forked, and has no threads of its own.
    """
    global _is_apart
    _is_apart = hasattr(os, "fork")


def _in_a_fork(make: Callable[[], bytes]) -> bytes:
    """Call a function in a forked process and give back what it returns, or raise its error here."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: those of ZeroMQ and of linear algebra idle
        parent, pid = os.getpid(), os.fork()
    if pid == 0:
        try:
            _end_with(parent)
            answer = b"=" + make()
        except RaceEqualityError as error:
            answer = b"!" + str(error).encode()
        except BaseException as error:
            answer = b"!" + f"{type(error).__name__}: {error}".encode()
        with suppress(OSError), open(write, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        answer = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if answer[:1] == b"=" and status == 0:
        return answer[1:]
    if answer[:1] == b"!":
        raise RaceEqualityError(answer[1:].decode())
    how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    raise RaceEqualityError(
        f"The PDF could not be made: the process that makes it was ended by {how} (often for lack of memory; try fewer --jobs)."
    )


def _end_with(parent: int) -> None:
    """On Linux, have this process end when the one that forked it does."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


_PR_SET_PDEATHSIG = 1  # of Linux's <sys/prctl.h>


#: Makes typst forget all but the last document. What all reports have in common it meets again before.
_EMPTY_DOCUMENTS = 8


def _forget_earlier_documents() -> None:
    """Let typst forget what it laid out before the last document, and the system have the memory.

    It remembers each part of a document until it has made ten others without it: half a gigabyte of reports, in each process
    that makes pages. Documents without content count as well, and take a millisecond.
    """
    import typst

    for _ in range(_EMPTY_DOCUMENTS):
        typst.compile(b"", font_paths=_no_fonts(), format="svg")
    give_back()


#: Bytes; larger PDFs are compressed. That takes a fifth of the time of making one.
_SMALLEST_COMPRESSED = 400_000


def compressed(pdf: bytes) -> bytes:
    """Compress what typst leaves as text: the tags, which are most of a long table.

    Parameters
    ----------
    pdf : bytes

    Returns
    -------
    bytes
        The same where it is small, or not a PDF.
    """
    if len(pdf) < _SMALLEST_COMPRESSED:
        return pdf
    import pikepdf

    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return packed.getvalue()


#: Replaces a letter that no font has.
_NO_LETTER = "\N{WHITE SQUARE}"


def _letters_without_font(error: Exception) -> list[str]:
    said = str(getattr(error, "diagnostic", "") or error)
    return re.findall(r'the text `"(.*?)"` could not be displayed', said)


def _replace_missing_letters(document: str, error: Exception) -> str:
    """Replace each letter that neither Arimo nor a font of this machine has by a square.

    An accessible PDF must not hold a letter that cannot be shown, so typst refuses it. A word of Bengali
    or an emoji in a note must not prevent the PDF; the page shows it as it is.
    """
    for letters in _letters_without_font(error):
        letters = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), letters)
        for letter in letters:
            if ord(letter) > 126 or ord(letter) < 32:
                document = document.replace(letter, _NO_LETTER if ord(letter) > 126 else "")
    return document


def plain_opacity(svg: bytes) -> bytes:
    """Write opacity in the form that takes least space in a PDF.

    Parameters
    ----------
    svg : bytes

    Returns
    -------
    bytes

    Notes
    -----
    Vega writes ``opacity`` on each mark, and typst makes an object of its own for each mark that
    has it: half a kilobyte a point of a funnel. Full opacity need not be said, and where a mark
    is filled and has no outline ``fill-opacity`` means the same. Vega hides a label that would
    touch the next one by opacity 0: it is invisible, but a screen reader would read it.
    """
    svg = re.sub(rb"<text\b[^>]*? opacity=\"0\"[^>]*>[^<]*</text>", b"", svg)
    svg = re.sub(rb' opacity="1"', b"", svg)
    return re.sub(rb"<(path|rect|circle)\b(?![^>]*\bstroke=)([^>]*?) opacity=", rb"<\1\2 fill-opacity=", svg)


def _typst_errors(error: Exception) -> str:
    """Return the errors, without warnings and layout."""
    said = str(getattr(error, "diagnostic", "") or error)
    errors = re.findall(r"^error: (.*)$", said, re.MULTILINE) or [said.strip()]
    hints = re.findall(r"= hint: (.*)$", said, re.MULTILINE)
    places = re.findall(r"^\s*\d+ │ (.*)$", said[max(said.find("error:"), 0) :], re.MULTILINE)
    text = "; ".join(dict.fromkeys(errors))
    if places:
        text += f" (at: {places[0].strip()[:120]})"
    return f"{text}. {'; '.join(dict.fromkeys(hints))}".strip()
