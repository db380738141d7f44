"""Why a file is not as it was made again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from race_equality.errors import InputError, RaceEqualityError
from race_equality.project import Project
from race_equality.publishing.banner import with_banner
from race_equality.publishing.record import MadeFrom, PageRecord, SiteRecord, read_record
from race_equality.publishing.verification import _Comparison, verify_site
from race_equality.render.edition import Edition

PAGE = b"<html><body class='x'><p>24.5%</p></body></html>"
MADE_FROM = MadeFrom(
    {
        "data/figures/wres.parquet": "a1",
        "data/local/patients_return_rrk.parquet": "f1",
        "notebooks/board_report.ipynb": "b1",
        "notebooks/methods.ipynb": "c1",
        "params/trusts/RRK.yml": "d1",
    },
    "code",
    {"pandas": "3.0.0", "python": "3.11.7"},
    "built-in",
)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def record(tmp_path: Path) -> SiteRecord:
    """An edition of one report, with a file that publishing adds."""
    (tmp_path / "trusts").mkdir()
    for name in ("trusts/RJ1.html", "changes.html"):
        (tmp_path / name).write_bytes(PAGE)
    page = PageRecord("notebooks/board_report.ipynb", {"trust_code": "RJ1"}, MADE_FROM)
    files = {"trusts/RJ1.html": sha(PAGE), "changes.html": sha(PAGE)}
    return SiteRecord(
        tmp_path, Edition("2026-11", "https://example.org"), {"trusts/RJ1.ipynb": page}, files, is_published=True
    )


def differences(record: SiteRecord, again: bytes | None = PAGE, now: MadeFrom = MADE_FROM) -> dict[str, str]:
    made = {} if again is None else {"trusts/RJ1.html": sha(again)}
    failed = {"trusts/RJ1.ipynb": "KeyError: 'wres_9'"}
    found = _Comparison(record, replace(record, files=made), now, failed)
    return {one.file: one.reason for name in found.names() if (one := found.difference(name))}


def test_the_same_is_the_same_also_under_a_banner(record):
    assert differences(record) == {}
    for name in record.files:
        (record.site / name).write_bytes(with_banner(PAGE, "<p>Corrected.</p>"))
    assert differences(record) == {}


def test_an_edited_an_added_and_a_lost_file(record):
    (record.site / "trusts" / "RJ1.html").write_bytes(PAGE.replace(b"24.5", b"2.45"))
    (record.site / "changes.html").unlink()
    (record.site / "trusts" / "RRK.html").write_bytes(PAGE)
    assert differences(record) == {
        "trusts/RJ1.html": "edited: it is not what the manifest has.",
        "changes.html": "missing: it belongs to the site and is not there",
        "trusts/RRK.html": "extra: nothing that the manifest names makes it",
    }


def test_an_input_or_a_library_that_is_another_here(record):
    inputs = MADE_FROM.inputs | {
        "data/figures/wres.parquet": "a2",
        "data/local/patients_return_rrk.parquet": "f2",  # another trust's return
        "notebooks/methods.ipynb": "c2",  # another page's
        "params/trusts/RRK.yml": "d2",  # another trust's
        "data/figures/ae.parquet": "e1",
    }
    now = replace(MADE_FROM, inputs=inputs, versions={"pandas": "3.1.1", "python": "3.11.7"})
    assert differences(record, PAGE + b" ", now) == {
        "trusts/RJ1.html": "data/figures/ae.parquet was not there then; data/figures/wres.parquet is another file here; "
        "pandas is 3.1.1 here and was 3.0.0"
    }
    assert differences(record, PAGE + b" ") == {
        "trusts/RJ1.html": "differs, though all that the manifest names is the same"
    }
    assert differences(record, PAGE, now) == {}


def test_a_page_that_fails_here_is_named_with_its_error(record):
    assert differences(record, None) == {"trusts/RJ1.html": "not made again: KeyError: 'wres_9'"}


def test_what_has_no_manifest_or_a_damaged_one_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no manifest\.json.*Name the folder"):
        read_record(tmp_path)
    for text in ("{", '{"files": {}}', "[]", '{"format": 1}'):
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"manifest\.json: It is no manifest"):
            read_record(tmp_path)


def test_a_trust_that_the_site_has_not_is_refused(record, small_project):
    (record.site / "manifest.json").write_text(
        '{"files": {}, "pages": {"trusts/RJ1.ipynb": {"notebook": "n", "parameters": {"trust_code": "RJ1"}}}, "inputs": {},'
        '"code": "", "versions": {}, "renderer": "built-in", "edition": {}}',
        encoding="utf-8",
    )
    with pytest.raises(RaceEqualityError, match=r"has no report of RRK\."):
        verify_site(record.site, Project(small_project), trusts=["rrk"], jobs=1, engine=None, show_progress=None)
