"""Downloading publications whose address stays the same, with retry."""

from __future__ import annotations

import io
import socket
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from race_equality.errors import InputError, RaceEqualityError
from race_equality.files import write_atomically
from race_equality.yaml_files import read_yaml

ADDRESSES = Path("data") / "addresses.yml"
TRIES = 3
_TIMEOUT = 30  # seconds without an answer
_LARGEST = 100 * 1024**2  # as for any file that is read
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # worth another try


class NoNetworkError(RaceEqualityError):
    """No server can be found at all: another address would not fare better."""


def read_addresses(path: Path) -> dict[str, str]:
    """Return source ids and the addresses to download them from.

    Parameters
    ----------
    path : Path
        A YAML file: a source id and an address on each line.

    Returns
    -------
    dict of str to str

    Raises
    ------
    InputError
        For a file that is missing, no mapping, or an address that is not of the web.
    """
    document = read_yaml(path).values
    if not isinstance(document, dict):
        raise InputError("There are no addresses.", file=path, mend="Write: source id: https://...")
    for source_id, address in document.items():
        if not str(source_id).replace("_", "").isalnum():
            raise InputError(f"{source_id!r} is no source id.", file=path, mend="Use letters, digits and _.")
        if not str(address).startswith(("https://", "http://")):
            raise InputError(
                f"The address of {source_id}, {address!r}, is not of the web.",
                file=path,
                mend="Start it with https://.",
            )
    return {str(source_id): str(address) for source_id, address in document.items()}


def download(address: str, folder: Path, *, tries: int = TRIES, wait: Callable[[float], None] = time.sleep) -> Path:
    """Download a file; a zip archive of one file is unpacked.

    Parameters
    ----------
    address : str
    folder : Path
        Made when it is not there. The file gets the last part of the address as its name, or the folder's.
    tries : int
        How often to try when the network or the server fails for the moment.
    wait : callable
        Waits a number of seconds between tries: 1, then 2, then 4.

    Returns
    -------
    Path

    Raises
    ------
    RaceEqualityError
        When there is no network, no such file, or more than any publication has; nothing is then left.
    """
    for attempt in range(1, tries + 1):
        kind = RaceEqualityError
        try:
            content = _get(address)
            break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in _PASSING:
                raise RaceEqualityError(
                    f"{address} is not there any more (HTTP {error.code} {error.reason}). Find the new address "
                    f"on the publisher's site and put it in {ADDRESSES}."
                ) from None
            problem = f"The server answered HTTP {error.code} {error.reason}"
        except urllib.error.URLError as error:
            if isinstance(error.reason, socket.gaierror):
                kind, problem = NoNetworkError, "There is no network, or no server of that name"
            else:
                problem = f"The server cannot be reached ({error.reason})"
        except (OSError, HTTPException) as error:
            problem = f"The download broke off ({error})"
        if attempt == tries:
            raise kind(
                f"{address} could not be downloaded. {problem}; tried {tries} times. What is held stays as it "
                "was. Try later, or download the file in a browser and use `race-equality data add`."
            )
        wait(2.0 ** (attempt - 1))
    name = address.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    if "." not in name:  # what an interface answers has no name of its own
        name = f"{folder.name}.csv"
    if name.lower().endswith(".zip"):
        name, content = _unpacked(name, content, address)
    try:
        write_atomically(folder / name, content)
    except OSError as error:
        raise RaceEqualityError(f"{name} could not be written ({error}).") from None
    return folder / name


def _get(address: str) -> bytes:
    request = urllib.request.Request(address, headers={"User-Agent": "race-equality"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        content = answer.read(_LARGEST + 1)
        length = answer.headers.get("Content-Length")
    if len(content) > _LARGEST:
        raise RaceEqualityError(f"{address} has over {_LARGEST // 1024**2} MB, which no publication does.")
    if length is not None and len(content) < int(length):
        raise OSError(f"{len(content):,} of {int(length):,} bytes came")
    if not content:
        raise OSError("nothing came")
    return content


def _unpacked(name: str, content: bytes, address: str) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".csv")]
            if len(entries) == 1 and entries[0].file_size <= _LARGEST:
                return Path(entries[0].filename).name, archive.read(entries[0])
    except zipfile.BadZipFile as error:
        if zipfile.is_zipfile(io.BytesIO(content)):
            raise RaceEqualityError(f"The archive of {address} is damaged ({error}). Try again later.") from None
        raise RaceEqualityError(
            f"{address} is not a zip archive. Look at it in a browser: the publisher may have moved it."
        ) from None
    except (NotImplementedError, RuntimeError, EOFError, zlib.error) as error:  # a password, for one
        raise RaceEqualityError(
            f"The archive of {address} cannot be unpacked ({error}). Unpack it yourself, and use "
            "`race-equality data add`."
        ) from None
    return name, content
