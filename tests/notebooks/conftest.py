"""Golden notebooks: what they rest on, said before they run, and a readable word when they differ."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests of a report's words each golden copy, or each report of the site that ``REPORTS`` names.

    ``make proofread`` reads every report of a build so, against the intervals that sentences print.
    """
    if "report" in metafunc.fixturenames:
        site = os.environ.get("REPORTS")
        paths = Path(site).glob("trusts/*.ipynb") if site else Path(__file__).parent.glob("board_report_*.ipynb")
        metafunc.parametrize("report", sorted(paths), ids=lambda path: path.stem)


def pytest_report_header() -> list[str]:
    """Say that a trust's own return is loaded: reports then say more than the golden copies."""
    local = sorted((ROOT / "data" / "local").glob("*.parquet"))
    if not local:
        return []
    names = ", ".join(path.name for path in local)
    return [f"data/local holds {names}: golden notebooks differ until it is moved away"]


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Decode the charts of two outputs for nbval, which would show base64."""
    if op != "==" or not (isinstance(left, str) and isinstance(right, str)):
        return None
    if "data:image/svg+xml" not in left and "<table" not in left:
        return None
    from race_equality.commands.golden import compare_text

    return ["golden copy (-) and this run (+)", *compare_text(left, right)]
