"""Golden notebooks: what they rest on, said before they run, and a readable word when they differ."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests of a report's words each golden copy, or each report of the site that ``REPORTS`` names.

    ``make proofread`` reads every report of a build so: the numbers of sentences, directions and certainty against
    intervals, readings of one gap, and words.
    """
    if "report" in metafunc.fixturenames:
        site = os.environ.get("REPORTS")
        paths = Path(site).glob("trusts/*.ipynb") if site else HERE.glob("board_report_*.ipynb")
        reports = sorted(paths)
        if not reports:
            raise pytest.UsageError(f"There is no report in {site}/trusts: make report builds them.")
        metafunc.parametrize("report", reports, ids=lambda path: path.stem)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of reports that were built, run the tests that read them and no others."""
    if "REPORTS" in os.environ:
        reading = ["report" in getattr(item, "fixturenames", ()) for item in items]
        config.hook.pytest_deselected(items=[item for item, reads in zip(items, reading, strict=True) if not reads])
        items[:] = [item for item, reads in zip(items, reading, strict=True) if reads]


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
