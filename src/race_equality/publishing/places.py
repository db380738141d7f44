"""Where editions stand: a folder, or a bucket of S3. An edition is there as a whole or not at all."""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from race_equality.batch.lock import OutputLock
from race_equality.batch.manifest import MANIFEST_FILE
from race_equality.errors import RaceEqualityError
from race_equality.files import write_atomically

LATEST = "latest"
#: A year and a month, with a day or a number where a month has more than one edition.
EDITION_NAME = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])(?:-\d{1,2})?")
_UNFINISHED = ".unfinished-"

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".ipynb": "application/x-ipynb+json",
    ".csv": "text/csv; charset=utf-8",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".parquet": "application/vnd.apache.parquet",
    ".sqlite": "application/vnd.sqlite3",
    ".woff2": "font/woff2",
}


def check_name(name: str) -> None:
    """Refuse a name that no edition can have.

    Raises
    ------
    RaceEqualityError
    """
    if not EDITION_NAME.fullmatch(name):
        raise RaceEqualityError(
            f"{name!r} is no name of an edition. Write the year and month, such as 2026-11; a second one in a month is "
            "2026-11-2."
        )


def in_order(names: list[str]) -> list[str]:
    """Sort names of editions, the oldest first."""
    return sorted(names, key=lambda name: [int(part) for part in name.split("-")])


class Place(Protocol):
    """What editions are put to."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the place, so that one command at a time writes to it."""

    def editions(self) -> list[str]:
        """Name the editions that stand, the oldest first."""

    def read(self, name: str) -> bytes | None:
        """Read a file; None where there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file in one step."""

    def names(self, edition: str) -> list[str]:
        """Name the files of an edition, relative to it."""

    def put(self, edition: str, files: Mapping[str, Path | bytes]) -> None:
        """Put an edition; until it is there as a whole, it is not there.

        Raises
        ------
        RaceEqualityError
            When it stands already.
        """

    def latest(self) -> str | None:
        """Return the edition that ``latest`` points to."""

    def point_latest(self, edition: str) -> None:
        """Let ``latest`` point to an edition."""


def open_place(address: str) -> Place:
    """Return the place of an address, and check that it can be written to.

    Parameters
    ----------
    address : str
        A folder, which is made, or ``s3://bucket/reports``.

    Raises
    ------
    RaceEqualityError
        When it can't, with what is missing.
    """
    if address.startswith("s3://"):
        from race_equality.batch.cloud_copies import check_address

        check_address(address)
        return _Bucket(address)
    if re.match(r"[a-z][a-z0-9+.-]*://", address):
        raise RaceEqualityError(f"Editions are put to a folder or to s3://, not to {address}.")
    return _Folder(Path(address).absolute())


def taken(edition: str) -> RaceEqualityError:
    """Return the error that an edition stands."""
    return RaceEqualityError(
        f"Edition {edition} stands, and an edition is never overwritten. Give this one another name, such as {edition}-2. "
        "What was found wrong in an edition goes into corrections.yml; `race-equality publish --to …` then says so on its "
        "pages."
    )


class _Folder:
    """A folder: an edition is copied next to its place and renamed, and ``latest`` is a link that is swapped."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RaceEqualityError(f"Cannot write to {root}: {error.strerror}.") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        with OutputLock(self.root):
            for left in self.root.glob(f"{_UNFINISHED}*"):  # of a command that was killed
                shutil.rmtree(left, ignore_errors=True)
            yield

    def editions(self) -> list[str]:
        return in_order(
            [
                path.name
                for path in self.root.iterdir()
                if EDITION_NAME.fullmatch(path.name) and (path / MANIFEST_FILE).is_file()
            ]
        )

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        write_atomically(self.root / name, content)

    def names(self, edition: str) -> list[str]:
        folder = self.root / edition
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def put(self, edition: str, files: Mapping[str, Path | bytes]) -> None:
        if (self.root / edition).exists():
            raise taken(edition)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.root))
        try:
            for name, content in files.items():
                write_atomically(unfinished / name, content if isinstance(content, bytes) else content.read_bytes())
            if hasattr(os, "sync"):  # a machine that loses power keeps all of it or nothing
                os.sync()
            unfinished.chmod(self.root.stat().st_mode & 0o777)  # mkdtemp's is its owner's alone
            # fails where another command has put it there meanwhile: a folder with files is not replaced
            unfinished.rename(self.root / edition)
        except FileExistsError:
            raise taken(edition) from None
        except OSError as error:
            raise RaceEqualityError(
                f"Edition {edition} could not be written to {self.root}: {error.strerror or error}. What stood there stands."
            ) from None
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def latest(self) -> str | None:
        link = self.root / LATEST
        return os.readlink(link).rstrip("/") if link.is_symlink() else None

    def point_latest(self, edition: str) -> None:
        link, new = self.root / LATEST, self.root / f"{_UNFINISHED}{LATEST}"
        if link.exists() and not link.is_symlink():
            raise RaceEqualityError(
                f"{link} is no link that publish made. Move it elsewhere; then run the command again."
            )
        with suppress(FileNotFoundError):
            new.unlink()
        new.symlink_to(edition, target_is_directory=True)
        os.replace(new, link)


class _Bucket:
    """A bucket of S3: the manifest comes last and makes the edition stand; pages in ``latest`` lead to those of an edition."""

    def __init__(self, address: str) -> None:
        from papermill.iorw import S3

        self._bucket, _, prefix = address.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._address = address
        self._client: Any = S3().s3.meta.client

    @contextmanager
    def held(self) -> Iterator[None]:
        yield  # a bucket has no lock; the manifest is written only where there is none

    def editions(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        folders = [one["Prefix"][len(self._prefix) : -1] for page in pages for one in page.get("CommonPrefixes", [])]
        return in_order(
            [name for name in folders if EDITION_NAME.fullmatch(name) and self._has(f"{name}/{MANIFEST_FILE}")]
        )

    def _has(self, name: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._client.head_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise self._wrong(error) from None
        return True

    def read(self, name: str) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            found = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
            content: bytes = found["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise self._wrong(error) from None
        return content

    def write(self, name: str, content: bytes) -> None:
        self._put(name, content)

    def _put(self, name: str, content: bytes, **how: Any) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        ending = os.path.splitext(name)[1]
        kind = _KINDS.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=f"{self._prefix}{name}", Body=content, ContentType=kind, **how
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "PreconditionFailed":
                raise taken(name.partition("/")[0]) from None
            raise self._wrong(error) from None
        except BotoCoreError as error:
            raise self._wrong(error) from None

    def _wrong(self, error: Exception) -> RaceEqualityError:
        said = str(error).partition("\n")[0].rstrip(".")
        return RaceEqualityError(f"{self._address}: {said}. What stood there stands; the same command goes on.")

    def names(self, edition: str) -> list[str]:
        start = f"{self._prefix}{edition}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=start)
        return sorted(one["Key"][len(start) :] for page in pages for one in page.get("Contents", []))

    def put(self, edition: str, files: Mapping[str, Path | bytes]) -> None:
        if self._has(f"{edition}/{MANIFEST_FILE}"):
            raise taken(edition)
        for name in sorted(files, key=lambda name: name == MANIFEST_FILE):
            content = files[name]
            only_new = {"IfNoneMatch": "*"} if name == MANIFEST_FILE else {}
            self._put(f"{edition}/{name}", content if isinstance(content, bytes) else content.read_bytes(), **only_new)

    def latest(self) -> str | None:
        content = self.read(f"{LATEST}/index.html")
        found = re.search(rb'content="0; url=\.\./([\d-]+)/', content or b"")
        return found[1].decode() if found else None

    def point_latest(self, edition: str) -> None:
        pages = [name for name in self.names(edition) if name.endswith(".html")]
        # the first page last: by it a command that was interrupted sees what is left to do
        for name in sorted(pages, key=lambda name: name == "index.html"):
            target = f"{'../' * (name.count('/') + 1)}{edition}/{name}"
            self._put(f"{LATEST}/{name}", _leading_to(target, edition).encode())


def _leading_to(target: str, edition: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n<link rel="canonical" href="{target}">\n'
        f"<title>Edition {edition}</title>\n</head>\n<body>\n"
        f'<p>The latest edition is <a href="{target}">edition {edition}</a>.</p>\n</body>\n</html>\n'
    )
