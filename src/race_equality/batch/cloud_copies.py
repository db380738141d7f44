"""Copy executed notebooks to a cloud's storage with papermill's own address handlers."""

from __future__ import annotations

import re
from pathlib import Path

from race_equality.errors import RaceEqualityError

#: Attempts to copy a notebook before the error is reported.
_TRIES = 3


def check_address(address: str) -> None:
    """Check that notebooks can be copied to an address, before the build starts.

    Parameters
    ----------
    address : str
        A folder with its scheme, such as ``s3://bucket/reports``.

    Raises
    ------
    RaceEqualityError
        When no handler takes the scheme, or its library is not installed; for S3 also when there are
        no credentials, or no such bucket.
    """
    from papermill.iorw import LocalHandler, papermill_io

    handler = papermill_io.get_handler(address)
    if isinstance(handler, LocalHandler) or not re.match(r"[a-z][a-z0-9+.-]*://.", address):
        known = ", ".join(
            sorted(scheme for scheme, _ in papermill_io._handlers if re.match(r"(?!http)\w+://$", scheme))
        )
        raise RaceEqualityError(
            f"{address} is not an address that papermill writes to ({known}). A folder of this machine is for --output."
        )
    try:
        # The clients are made when they are first used; most use the network only then.
        if hasattr(handler, "_get_client"):
            handler._get_client()
        elif address.startswith("s3:"):
            _check_bucket(address.removeprefix("s3://").partition("/")[0])
    except Exception as error:  # whatever the store's library raises
        raise RaceEqualityError(f"Notebooks cannot be copied to {address}: {_reason(error)}.") from None


def _check_bucket(name: str) -> None:
    from papermill import iorw

    store = iorw.S3()  # says what to install where boto3 is not there
    from botocore.exceptions import ClientError

    try:
        store.s3.meta.client.head_bucket(Bucket=name)
    except ClientError as error:
        # Without permission to read the bucket, writing may still work: only "not found" is an error.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise LookupError(f"there is no bucket {name}") from None


def _reason(error: Exception) -> str:
    # some libraries list every place they searched, a line each
    return str(error).partition("\n")[0].rstrip(".") or type(error).__name__


def copy_notebook(notebook: Path, address: str) -> None:
    """Copy a notebook to an address.

    Parameters
    ----------
    notebook : Path
    address : str
        Of the copy, such as ``s3://bucket/reports/trusts/RJ1.ipynb``.

    Raises
    ------
    RaceEqualityError
        When every attempt failed.
    """
    from papermill.iorw import papermill_io

    text = notebook.read_text(encoding="utf-8")
    for left in reversed(range(_TRIES)):
        try:
            papermill_io.write(text, address)
        except Exception as error:  # whatever the store's library raises
            if not left:
                raise RaceEqualityError(f"{address} could not be written: {_reason(error)}.") from None
        else:
            return
