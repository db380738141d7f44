"""Whether evidence can be reached: tried only when somebody asks for it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from race_equality.errors import InputError, RaceEqualityError

_SECONDS = 10
_AT_ONCE = 8

#: A server may refuse to be asked without sending the page.
_ASK_AGAIN = (403, 405, 501)


@dataclass(frozen=True)
class Link:
    """The address of a piece of evidence, with the file and line that give it."""

    file: Path
    line: int
    address: str


class NoNetworkError(RaceEqualityError):
    """No address could be reached, so nothing can be said of any."""


def broken_links(links: Sequence[Link], *, open_link: Callable[[str], None] | None = None) -> list[str]:
    """Try every address once.

    Parameters
    ----------
    links : sequence of Link
        From :func:`race_equality.params.check_params`.
    open_link : callable, optional
        Opens one address or raises; the network without it.

    Returns
    -------
    list of str
        A message with file and line for each address that does not open.

    Raises
    ------
    NoNetworkError
        When not one server answered, not even with an error.
    """
    if not links:
        return []
    addresses = list(dict.fromkeys(link.address for link in links))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = dict(zip(addresses, pool.map(lambda one: _try(one, open_link or _open), addresses), strict=True))
    if all(answer is not None and not answer[0] for answer in answers.values()):
        count = "The link" if len(addresses) == 1 else f"None of the {len(addresses)} links"
        could = "could not be reached" if len(addresses) == 1 else "could be reached"
        reasons = " ".join(sorted({answer[1] for answer in answers.values() if answer}))
        raise NoNetworkError(
            f"{count} to evidence {could}, so this machine may have no network. {reasons} "
            "Try --online again where there is one; all else was checked."
        )
    problems = []
    for link in links:
        answer = answers[link.address]
        if answer is not None:
            said = f"{link.address} does not open. {answer[1]}"
            problems.append(str(InputError(said, file=link.file, row=f"line {link.line}", mend="Correct the link.")))
    return problems


def _try(address: str, open_link: Callable[[str], None]) -> tuple[bool, str] | None:
    """Return None when it opens, or whether a server answered and what went wrong."""
    try:
        open_link(address)
    except HTTPError as error:
        with error:
            login = " Readers of the report would need to sign in." if error.code in (401, 403) else ""
            return True, f"The server answers {error.code} ({error.reason}).{login}"
    except ssl.SSLError as error:
        return True, f"Its certificate cannot be trusted ({error})."
    except URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            return True, f"Its certificate cannot be trusted ({error.reason})."
        if isinstance(error.reason, socket.gaierror):
            return False, "The name of the server is not known."
        return False, f"No connection ({error.reason})."
    except (OSError, ValueError) as error:
        return False, f"No connection ({error or type(error).__name__})."
    return None


def _open(address: str) -> None:
    # Letters of other alphabets in the path travel as their bytes.
    address = quote(address, safe=":/?#[]@!$&'()*+,;=%-._~")
    try:
        _ask(address, "HEAD")
    except HTTPError as error:
        if error.code not in _ASK_AGAIN:
            raise
        error.close()
        _ask(address, "GET")


def _ask(address: str, method: str) -> None:
    request = Request(address, method=method, headers={"User-Agent": "race-equality (checks links of evidence)"})
    with urlopen(request, timeout=_SECONDS):
        pass
