"""The signature of an edition's manifest, by a key of SSH: OpenSSH is on nearly every machine, and so is somebody's key."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from race_equality.batch.manifest import MANIFEST_FILE
from race_equality.errors import RaceEqualityError

FILE = f"{MANIFEST_FILE}.sig"
#: What the signature is for, so that none of another purpose passes.
NAMESPACE = "race-equality-edition"


def sign(manifest: bytes, key: Path) -> bytes:
    """Sign a manifest.

    Parameters
    ----------
    manifest : bytes
    key : Path
        A private key of SSH, or a public one whose private key an agent holds. ``ssh-keygen`` asks for its passphrase.

    Returns
    -------
    bytes
        As ``ssh-keygen -Y sign`` writes it.

    Raises
    ------
    RaceEqualityError
        When it cannot be signed.
    """
    with tempfile.TemporaryDirectory(prefix="race-equality-sign-") as folder:
        file = Path(folder) / MANIFEST_FILE
        file.write_bytes(manifest)
        done = _ssh_keygen("-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file))
        if done.returncode:
            raise RaceEqualityError(f"The manifest cannot be signed with {key}: {_said(done)}.")
        return file.with_name(FILE).read_bytes()


def signer_of(folder: Path, allowed: Path | None) -> str | None:
    """Say who signed an edition's manifest.

    Parameters
    ----------
    folder : Path
        Of the edition.
    allowed : Path or None
        A list of who may sign, as ``ssh-keygen`` reads it (``allowed_signers``); None to check the signature alone.

    Returns
    -------
    str or None
        The name in the list, or the key; None where there is no signature and no list.

    Raises
    ------
    RaceEqualityError
        When the signature is not of this manifest, is of nobody in the list, or is not there although there is one.
    """
    signature = folder / FILE
    if not signature.is_file():
        if allowed is None:
            return None
        raise RaceEqualityError(f"{folder / MANIFEST_FILE} is not signed.")
    manifest = (folder / MANIFEST_FILE).read_bytes()
    if allowed is None:
        done = _ssh_keygen("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature), content=manifest)
        found = re.search(r"key (SHA256:\S+)", done.stdout.decode(errors="replace"))
        name = f"somebody with the key {found[1]}" if found else ""
    else:
        who = _ssh_keygen("-Y", "find-principals", "-f", str(allowed), "-s", str(signature))
        name = (who.stdout.decode(errors="replace").split() or [""])[0]
        if who.returncode or not name:
            raise RaceEqualityError(f"{signature} is of nobody in {allowed}: {_said(who)}.")
        done = _ssh_keygen(
            "-Y", "verify", "-f", str(allowed), "-I", name, "-n", NAMESPACE, "-s", str(signature), content=manifest
        )
    if done.returncode or not name:
        raise RaceEqualityError(
            f"{signature} does not fit {MANIFEST_FILE}: one of the two was changed after the edition was published."
        )
    return name


def _ssh_keygen(*arguments: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise RaceEqualityError("Signatures need ssh-keygen, which comes with OpenSSH.")
    # without content it may ask for a passphrase
    return subprocess.run([program, *arguments], input=content, capture_output=True, check=False)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stderr or done.stdout).decode(errors="replace").strip().partition("\n")[0].rstrip(
        "."
    ) or "no reason was given"
