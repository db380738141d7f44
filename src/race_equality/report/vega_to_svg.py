"""A Vega-Lite specification becomes an SVG: remembered, drawn by a process that is kept warm, or here.

Starting the JavaScript engine that draws takes half a second, more than drawing all charts of a report, and it cannot
be forked. A build therefore keeps a process that draws for all notebooks (:mod:`race_equality.batch.drawing_server`)
and a folder of pictures by their content; the environment says where they are. Without them, as under plain papermill
or in JupyterLab, a chart is drawn in the notebook's own process. The SVG is the same, to the last byte.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import socket
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from race_equality.files import write_atomically

#: Vega-Lite as in the charts that Altair writes. A process that draws need not import Altair, for a third of a second, to ask it.
VEGA_LITE = "6.4"

#: Names the Unix socket of a process that draws.
SERVER_VARIABLE = "RACE_EQUALITY_DRAWING"

#: Names the folder of pictures that were drawn before.
FOLDER_VARIABLE = "RACE_EQUALITY_PICTURES"

#: Bytes of pictures that are kept: about thirty times those of a site.
KEPT_BYTES = 200_000_000

#: Changes when what is done here to a picture does, so that no older one is taken.
_EDITION = "2"

#: Seconds for one chart; it takes a twentieth of one.
_PATIENCE = 120

_FONTS_FILE = Path(__file__).with_name("only-own-fonts.conf")


def draw(specification: Mapping[str, Any]) -> str:
    """Draw a chart.

    Parameters
    ----------
    specification : mapping
        Vega-Lite, as Altair's ``to_dict`` gives it.

    Returns
    -------
    str
        An ``<svg>`` element, gradients and clip paths numbered from 1.

    Raises
    ------
    ValueError
        What Vega-Lite or Vega says of a specification that it cannot draw.

    Notes
    -----
    Text is measured with the fonts inside vl-convert and none of the machine's, where fonts are
    found through fontconfig: the picture does not depend on what is installed, and is drawn twice as
    fast, for a font in a file is opened again for each letter. Times are in UTC, whatever zone the
    machine is in: with summer time, a month would begin elsewhere on the axis.
    """
    text = json.dumps(specification, ensure_ascii=False, separators=(",", ":"))
    folder = os.environ.get(FOLDER_VARIABLE)
    kept = Path(folder) / f"{_key(text)}.svgz" if folder else None
    if kept is not None and (svg := _read(kept)) is not None:
        return svg
    svg = _drawn_elsewhere(text)
    if svg is None:
        svg = draw_here(text)
    if kept is not None:
        _write(kept, svg)
    return svg


def draw_here(text: str) -> str:
    """Draw a chart in this process, which starts the JavaScript engine the first time.

    Parameters
    ----------
    text : str
        Vega-Lite as JSON.

    Returns
    -------
    str
    """
    specification = json.loads(text)
    tables = specification.pop("datasets", {})
    rest = json.dumps(specification)
    for number, name in enumerate(tables):  # a name is of the content
        rest = rest.replace(json.dumps(name), f'"table-{number}"')
    vega = _compiled(rest)
    filled = {f"table-{number}": {"values": values} for number, values in enumerate(tables.values())}
    data = [entry | filled.get(entry["name"], {}) for entry in vega.get("data", [])]
    return _renumber(_engine().vega_to_svg(json.dumps(vega | {"data": data}, ensure_ascii=False)))


@functools.lru_cache(maxsize=256)
def _compiled(text: str) -> dict[str, Any]:
    """Compile Vega-Lite without its tables to Vega.

    Charts of one kind differ between trusts in their figures and in little else, and to compile one takes a
    third of the time that it takes to draw it.
    """
    return _engine().vegalite_to_vega(text, vl_version=VEGA_LITE)


def prepare() -> None:
    """Look up what the name of a kept picture rests on, before processes are forked."""
    _editions()


def is_drawn_elsewhere() -> bool:
    """Whether a build has given this process another one to draw its charts."""
    return SERVER_VARIABLE in os.environ


@functools.cache
def _engine():
    """Start the engine, with no font but its own, and in UTC."""
    import vl_convert

    with _environment("FONTCONFIG_FILE", str(_FONTS_FILE)), _environment("TZ", "UTC"):
        # fonts are looked for when the first text is measured, and the time zone when the first time is, once and for all
        text = {"signal": "timeFormat(datetime(0), '%H')"}
        vl_convert.vega_to_svg({"marks": [{"type": "text", "encode": {"enter": {"text": text}}}]})
    return vl_convert


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _renumber(svg: str) -> str:
    """Number gradients and clip paths from 1 in the order in which they occur.

    Vega numbers them by a counter that runs on over the charts of a process.
    """
    found: dict[str, str] = {}
    for prefix, number in re.findall(r'\bid="([a-z_]+?)(\d+)"', svg):
        found.setdefault(prefix + number, f"{prefix}{len(found) + 1}")
    if not found:
        return svg
    pattern = re.compile(r"(?<=[\"#])(" + "|".join(map(re.escape, found)) + r")(?=[\")])")
    return pattern.sub(lambda match: found[match.group(1)], svg)


# -- the process that draws ---------------------------------------------------------------------------


def _drawn_elsewhere(text: str) -> str | None:
    """Ask the build's process; None where there is none or it does not answer."""
    address = os.environ.get(SERVER_VARIABLE)
    if not address:
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.settimeout(_PATIENCE)
            server.connect(address)
            send(server, b"?" + text.encode())
            answer = receive(server)
    except OSError:
        return None
    if answer[:1] == b"!":
        raise ValueError(answer[1:].decode())
    return answer[1:].decode() if answer[:1] == b"=" else None


def send(connection: socket.socket, message: bytes) -> None:
    """Send a message with its length before it."""
    connection.sendall(len(message).to_bytes(8, "big") + message)


def receive(connection: socket.socket) -> bytes:
    """Receive one message, or as much of it as comes."""
    length = int.from_bytes(_read_exactly(connection, 8), "big")
    return _read_exactly(connection, length)


def _read_exactly(connection: socket.socket, length: int) -> bytes:
    parts, missing = [], length
    while missing:
        part = connection.recv(min(missing, 1 << 20))
        if not part:
            raise ConnectionResetError("The other end closed in the middle of a message.")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


# -- pictures that were drawn before ------------------------------------------------------------------


def _key(text: str) -> str:
    return hashlib.blake2b(f"{_editions()}\n{text}".encode(), digest_size=20).hexdigest()


@functools.cache
def _editions() -> str:
    from importlib.metadata import version

    fonts = _FONTS_FILE.read_text(encoding="utf-8")
    return f"{_EDITION} {version('vl-convert-python')} {VEGA_LITE} {fonts}"


def _read(file: Path) -> str | None:
    try:
        content = file.read_bytes()
        checksum, packed = content[:20], content[20:]
        if hashlib.blake2b(packed, digest_size=20).digest() != checksum:
            return None  # damaged: drawn again
        os.utime(file)  # :func:`forget_oldest` goes by it
        return zlib.decompress(packed).decode()
    except (OSError, zlib.error, ValueError):
        return None


def _write(file: Path, svg: str) -> None:
    packed = zlib.compress(svg.encode(), 1)
    with suppress(OSError):  # a full disk: the picture is there nevertheless
        write_atomically(file, hashlib.blake2b(packed, digest_size=20).digest() + packed)


def forget_oldest(folder: Path, *, keep: int = KEPT_BYTES) -> None:
    """Delete the pictures that were not asked for for longest, until the others fit.

    Parameters
    ----------
    folder : Path
    keep : int
        Bytes.
    """
    found = []
    for file in folder.glob("*.svgz"):
        with suppress(OSError):
            status = file.stat()
            found.append((status.st_mtime, status.st_size, file))
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found, key=lambda entry: entry[0]):
        if total <= keep:
            return
        with suppress(OSError):
            file.unlink()
        total -= size
