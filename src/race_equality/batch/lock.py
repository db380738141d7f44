"""One build at a time in one output folder."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path

from race_equality.errors import RaceEqualityError
from race_equality.files import lock_file

LOCK_FILE = ".lock"


class OutputLock:
    """Hold an output folder for one build.

    Parameters
    ----------
    folder : Path
        The output folder; it must exist.

    Raises
    ------
    RaceEqualityError
        On entering, when another build that is still running holds the folder.

    Notes
    -----
    The operating system holds the lock (``flock``; ``msvcrt.locking`` on Windows) and releases
    it when the process ends, however it ends, so no stale lock is left behind. The file
    says which process it is, for the message alone.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK_FILE
        self._file: io.FileIO | None = None

    def __enter__(self) -> OutputLock:
        if self.path.is_symlink():  # it would be emptied, wherever it is
            raise RaceEqualityError(
                f"{self.path} is a link and no file of a build. Remove it, or choose another folder with --output."
            )
        try:
            file = open(self.path, "ab+", buffering=0)
        except OSError as error:
            raise RaceEqualityError(
                f"Cannot write to {self.path.parent}: {error.strerror}. Choose another folder with --output."
            ) from None
        try:
            lock_file(file)
        except OSError:
            file.seek(1)
            holder = file.read().decode("ascii", "replace").strip()
            file.close()
            process = f"process {holder}" if holder else "another process"
            raise RaceEqualityError(
                f"Another build ({process}) is writing to {self.path.parent}. Wait for it to "
                "end, or give this one a folder of its own with --output."
            ) from None
        # The first byte is what Windows locks and others cannot read; the rest is the message.
        file.truncate(0)
        with suppress(OSError):  # a full disk: the lock holds, and the message names no process
            file.write(f" {os.getpid()}\n".encode())
        self._file = file
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            # Emptied and not removed: removing would let a third build lock a file that a second
            # one has open already.
            self._file.truncate(0)
            self._file.close()
            self._file = None
