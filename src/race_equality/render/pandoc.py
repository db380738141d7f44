"""Run Pandoc, from the Python package ``pypandoc_binary``."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Self

from race_equality.errors import RaceEqualityError
from race_equality.render.staging import ASSETS

#: Long enough for a page of a thousand tables on a slow machine; Pandoc on a usual page takes 0.1 s.
_TIMEOUT_SECONDS = 300


#: pypandoc remembers the first Pandoc that it meets while it looks for the newest, and gives it to another thread.
_looking = threading.Lock()


def _pandoc_path() -> str:
    with _looking:
        return _found_pandoc()


@cache
def _found_pandoc() -> str:
    import pypandoc

    try:
        return pypandoc.get_pandoc_path()
    except OSError:
        raise RaceEqualityError("Pandoc is not installed. Install the package pypandoc_binary, or Quarto.") from None


def convert(text: str, arguments: Sequence[str]) -> tuple[str, str]:
    """Convert a text with Pandoc.

    Parameters
    ----------
    text : str
        What is converted.
    arguments : sequence of str
        Pandoc's own.

    Returns
    -------
    converted, warnings : str

    Raises
    ------
    RaceEqualityError
        With Pandoc's message.
    """
    try:
        done = subprocess.run(
            [_pandoc_path(), *arguments],
            input=text.encode(),
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RaceEqualityError(f"Pandoc did not finish in {_TIMEOUT_SECONDS} seconds.") from None
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode:
        raise RaceEqualityError(f"Pandoc could not read the page: {said}")
    return done.stdout.decode(), said


@dataclass(frozen=True)
class Form:
    """A format to write a document in.

    Parameters
    ----------
    format : str
        Pandoc's name, such as ``html5``.
    template : str
        A file.
    filters : sequence of str
        Lua filters, in order.
    options : mapping
        Fields of Pandoc's ``WriterOptions``, as its Lua interface names them.
    extensions : mapping of str to bool
        Of the format, on or off.
    """

    format: str
    template: str
    filters: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, bool] = field(default_factory=dict)


class Translator:
    """A Pandoc process for many documents, for one thread at a time.

    It reads a document once and writes it in several forms. Documents do not
    affect one another; when Pandoc ends on one, it is started again for the next.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._history: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def translate(self, text: str, forms: Sequence[Form], *, reader: str = "markdown") -> list[str]:
        """Translate a document.

        Parameters
        ----------
        text : str
        forms : sequence of Form
        reader : str, optional
            Pandoc's name of what `text` is written in.

        Returns
        -------
        list of str
            One for each of `forms`.

        Raises
        ------
        RaceEqualityError
            With Pandoc's message, or when it ended or took too long.
        """
        request = {"text": text, "from": reader, "forms": [asdict(form) for form in forms]}
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(_TIMEOUT_SECONDS, stop)
        clock.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
            line = process.stdout.readline()
        except BaseException:
            self.close()  # a late answer would be taken for the next document's
            raise
        finally:
            clock.cancel()
        if not line.endswith(b"\n"):
            self.close()
            if late.is_set():
                raise RaceEqualityError(f"Pandoc did not finish in {_TIMEOUT_SECONDS} seconds.")
            raise RaceEqualityError("Pandoc could not read the page: it ended without a message.")
        self._remove_history()  # now, since this process may be ended without a chance to
        answer = json.loads(line)
        if "error" in answer:
            raise RaceEqualityError(f"Pandoc could not read the page: {answer['error']}")
        return answer["texts"]

    def _remove_history(self) -> None:
        if self._history is not None:
            self._history.cleanup()
            self._history = None

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        process.kill()  # it holds nothing that has to be saved
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._remove_history()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            # "pandoc lua" makes a folder for the history of a dialogue, and leaves it behind
            self._history = tempfile.TemporaryDirectory(prefix="pandoc-")
            self._process = subprocess.Popen(
                [_pandoc_path(), "lua", str(ASSETS / "pandoc" / "translate.lua")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": self._history.name, "TMP": self._history.name},
            )
        return self._process


class Translators:
    """A pool of translators, one for each thread that asks at once."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[Translator] = queue.LifoQueue()
        self._all: list[Translator] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for translator in self._all:
            translator.close()

    def translate(self, text: str, forms: Sequence[Form], *, reader: str = "markdown") -> list[str]:
        """Translate a document, as :meth:`Translator.translate` does."""
        try:
            translator = self._idle.get_nowait()
        except queue.Empty:
            translator = Translator()
            self._all.append(translator)
        try:
            return translator.translate(text, forms, reader=reader)
        finally:
            self._idle.put(translator)
