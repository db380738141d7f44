"""Writing files so that a reader sees the old one or the new one, never a half."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from race_equality.errors import RaceEqualityError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


#: How many files a build has open at once at most, with some to spare.
_FEWEST_HANDLES = 64


def need_file_handles() -> None:
    """Let this process and those that it starts open as many files as a build needs.

    Raises
    ------
    RaceEqualityError
        When the system allows fewer: a process that cannot open a file would end in the middle, with an error of any library.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= _FEWEST_HANDLES or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < _FEWEST_HANDLES:
        raise RaceEqualityError(
            f"Only {hard} files may be open at once here, and a build needs {_FEWEST_HANDLES}. Allow more: ulimit -n 1024, or "
            "the limit nofile of whoever starts it."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FEWEST_HANDLES, hard))


def write_atomically(target: Path, content: bytes | str) -> None:
    """Write a file next to its target and move it there.

    Parameters
    ----------
    target : Path
        Folders above it are made.
    content : bytes or str
        Text is written as UTF-8 with the line ends it has.
    """
    with written_next_to(target) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def written_next_to(target: Path) -> Iterator[Path]:
    """Give an empty file next to a target, and move it there at the end; after an error, delete it.

    Parameters
    ----------
    target : Path
        Folders above it are made.

    Yields
    ------
    Path
        To be written in any way, and closed inside the context.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner reads; a page is for everybody
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file's content to a place next to its target and move it there.

    Parameters
    ----------
    source, target : Path
        Folders above the target are made.
    """
    write_atomically(target, source.read_bytes())


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder of small files over another, each file atomically.

    Parameters
    ----------
    source, target : Path
        Other files in the target stay.
    """
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            copy_atomically(file, target / file.relative_to(source))


def delete_made(folder: Path, patterns: Sequence[str]) -> None:
    """Delete files that were made in a folder, and the folder if nothing else is in it.

    Parameters
    ----------
    folder : Path
        One that is a link is left as it is.
    patterns : sequence of str
        What the names of files that are made look like.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    for pattern in patterns:
        for file in folder.glob(pattern):
            with suppress(OSError):
                file.unlink()
    with suppress(OSError):
        folder.rmdir()


def lock_file(file: io.FileIO) -> None:
    """Lock an open file for this process until it is closed or the process ends.

    Raises
    ------
    OSError
        When another process holds it.
    """
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_seen_by_git(path: Path) -> bool:
    """Whether a repository that a file is in, or would be in, offers to commit it.

    Parameters
    ----------
    path : Path
        The file and its folder need not be there.

    Returns
    -------
    bool
        False outside repositories, where the repository ignores it, and without git.
    """
    path = path.absolute()
    folder = next(folder for folder in path.parents if folder.is_dir())
    try:
        end = subprocess.run(
            ["git", "-C", str(folder), "check-ignore", "--quiet", str(path)], capture_output=True, check=False
        )
    except OSError:
        return False
    return end.returncode == 1


def _umask() -> int:
    # The only way to read it is to set it; Linux has it in /proc without that race.
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1], 8) for line in status if line.startswith("Umask:"))
    except (OSError, StopIteration):
        current = os.umask(0o022)
        os.umask(current)
        return current
