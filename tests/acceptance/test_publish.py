"""Editions: put as a whole to an address that stays, never overwritten, corrected without touching another byte."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from race_equality.audit.site import Audit, Problem

HOME = "https://reports.example.nhs.uk/race"


@pytest.fixture
def publish(race_equality, small_project):
    """Publish an edition of one report to ``place``, in this process."""
    settings = small_project / "_quarto.yml"
    text = settings.read_text(encoding="utf-8").replace("  # site-url: https://…", f"  site-url: {HOME} #")
    settings.write_text(text, encoding="utf-8")

    def published(*options: str, of: str = "RJ1"):
        trusts = [of] if "--edition" in options else []
        engine = ["--engine", "default", "--jobs", "1", "--renderer", "built-in", "--output", "out"] if trusts else []
        return race_equality.in_this_process("publish", *trusts, "--to", "place", *engine, *options)

    return published


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def words_of(page: Path) -> str:
    """Return the words of a page, with single spaces."""
    body = page.read_text(encoding="utf-8").partition("<body")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split()).replace(" .", ".").replace(" ,", ",")


def check_crate(edition: Path, files: dict[str, str]) -> None:
    """Hold the crate and the bill of materials to what is there: each thing that is named is described, each run is of a file."""
    graph = json.loads((edition / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    things = {one["@id"]: one for one in graph}
    assert len(things) == len(graph)
    named = re.findall(r'{"@id": "([^"]+)"}', json.dumps([list(one.values())[1:] for one in graph]))
    outside = {name for name in set(named) - things.keys() if not name.startswith("http")}
    assert outside == set()
    described = {name for name, one in things.items() if "File" in one["@type"]}
    assert described == files.keys() - {"manifest.json", "ro-crate-metadata.json"}
    assert all(things[name]["sha256"] == files[name] for name in described)
    (run,) = [one for one in graph if one["@type"] == "CreateAction" and "for RJ1" in one["name"]]
    assert run["instrument"] == {"@id": "workflow/board_report.ipynb"} == things["./"]["mainEntity"]
    assert {"@id": "trusts/RJ1.pdf"} in run["result"]
    assert things[run["object"][1]["@id"]]["value"] == "RJ1"
    bill = json.loads((edition / "sbom.cdx.json").read_text(encoding="utf-8"))
    versions = {one["name"]: one["version"] for one in bill["components"]}
    assert versions["papermill"] == metadata.version("papermill")
    # what papermill needs is there, and nothing of the tests
    assert {"nbclient", "pyzmq", "Python", "SQLite"} <= versions.keys()
    assert not versions.keys() & {"pytest", "moto"}


def test_from_the_first_edition_to_its_correction(publish, race_equality, small_project):
    place = small_project / "place"
    end = publish("--edition", "2026-10")
    assert end.returncode == 0, end.stderr
    assert f"Its address: {HOME}/2026-10/" in end.stdout

    # each page says its edition, its address and how to cite it
    for page in ("trusts/RJ1.html", "notebooks/national_overview.html", "index.html"):
        text = (place / "2026-10" / page).read_text(encoding="utf-8")
        address = f"{HOME}/2026-10/{'' if page == 'index.html' else page}"
        assert re.search(rf'Its permanent address is <a href="{re.escape(address)}"', text), page
        assert f"Race equality in NHS trusts. Edition 2026-10. {address}" in text, page
        assert f'<a href="{HOME}/2026-10/assurance.html">assurance statement</a>' in text, page
    assert "What changed" not in text, "there is no edition before"
    statement = words_of(place / "2026-10" / "assurance.html")
    assert "Nobody has signed this edition." in statement
    assert "Nobody has signed it" in end.stdout
    pages = len(list((place / "2026-10").rglob("*.ipynb"))) - len(list((place / "2026-10" / "workflow").glob("*")))
    assert f"Passed {pages} of {pages} pages are of 2 notebooks that ran to their last cell" in statement
    assert "Not done The site was not made a second time" in statement
    # what data check says
    said = race_equality.in_this_process("data", "check").stderr
    first = re.search(r"problems?; the first: (.+?) race-equality data check", statement)[1]
    assert first.split()[0] in said, "the small project lacks records"
    assert (place / "latest" / "trusts" / "RJ1.html").samefile(place / "2026-10" / "trusts" / "RJ1.html")
    manifest = json.loads((place / "2026-10" / "manifest.json").read_text(encoding="utf-8"))
    first = hashes(place / "2026-10")
    assert manifest["files"] == {name: digest for name, digest in first.items() if name != "manifest.json"}
    assert {"trusts/RJ1.html", "trusts/RJ1.pdf", "trusts/RJ1.ipynb"} <= first.keys()
    check_crate(place / "2026-10", first)

    # never overwritten, and anybody can make it again
    end = publish("--edition", "2026-10")
    assert (end.returncode, "stands, and an edition is never overwritten" in end.stderr) == (2, True)
    end = race_equality.in_this_process("verify", "place/2026-10", "--engine", "default", "--jobs", "1")
    assert (end.returncode, "every byte is the same" in end.stdout) == (0, True), end.stdout
    assert hashes(place / "2026-10") == first
    # nor does what was built for it differ, by what its own manifest says
    end = race_equality.in_this_process("verify", "out", "--engine", "default", "--jobs", "1")
    assert (end.returncode, "every byte is the same" in end.stdout) == (0, True), end.stdout

    # the next one says what changed, and the first stays as it is; somebody signed it, and it was made twice
    (small_project / "assurance.yml").write_text(
        "assurance:\n- {edition: 2026-11, name: A. <b>Name</b>, role: Head of analysis, signed: 2026-11-28, checked: All of it.}\n"
        "- {edition: 2026-12, name: B. Other, role: Board, signed: 2026-12-28, checked: Nothing yet.}\n",
        encoding="utf-8",
    )
    end = publish("--edition", "2026-11", "--verify", "--no-audit")
    assert end.returncode == 0, end.stderr
    assert "Nobody has signed" not in end.stdout
    statement = words_of(place / "2026-11" / "assurance.html")
    assert "A. <b>Name</b>, Head of analysis, on 28 November 2026. Checked: All of it." in statement
    assert "B. Other" not in statement
    assert re.search(
        r"Passed The site was made a second time, and each of \d+ files is the same, byte for byte", statement
    )
    assert "Not done It was published without an audit" in statement
    listed = (place / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{edition}/assurance.html"' in listed for edition in ("2026-10", "2026-11"))
    assert (place / "latest").readlink() == Path("2026-11")
    # interrupted before the last step, the same command takes it
    (place / "latest").unlink()
    (place / "latest").symlink_to("2026-10")
    end = publish("--edition", "2026-11")
    assert (end.returncode, "stood already" in end.stdout) == (0, True), end.stderr
    assert (place / "latest").readlink() == Path("2026-11")
    text = (place / "2026-11" / "changes.html").read_text(encoding="utf-8")
    assert "Between edition 2026-10 and edition 2026-11: 0 revised figures" in text
    assert f'<a href="{HOME}/2026-11/changes.html">What changed</a>' in (
        place / "2026-11" / "trusts" / "RJ1.html"
    ).read_text(encoding="utf-8")
    assert hashes(place / "2026-10") == first

    # what was found wrong is on each page of its edition, and taking it back gives each byte back
    corrections = small_project / "corrections.yml"
    corrections.write_text(
        "corrections:\n- edition: 2026-10\n  found: 2026-11-20\n  trust: RRK\n  was: 12%\n  now: <b>14%</b>\n"
        "  what: The publisher corrected its workbook.\n",
        encoding="utf-8",
    )
    end = publish()
    assert (end.returncode, "1 correction of 1 edition" in end.stdout) == (0, True), end.stderr
    changed = {name for name, digest in hashes(place / "2026-10").items() if digest != first[name]}
    assert changed == {name for name in first if name.endswith(".html")}
    said = (
        "RRK: The publisher corrected its workbook. The edition says 12%; the right figure is &lt;b&gt;14%&lt;/b&gt;."
    )
    pages = {name: (place / "2026-10" / name).read_text(encoding="utf-8") for name in changed}
    assert said in pages["notebooks/national_overview.html"]
    assert said not in pages["trusts/RJ1.html"]
    assert "1 figure of other trusts in this edition was found wrong." in pages["trusts/RJ1.html"]
    assert "Found wrong in this edition" not in (place / "2026-11" / "index.html").read_text(encoding="utf-8")
    assert "corrected its workbook" in (place / "corrections.html").read_text(encoding="utf-8")
    corrections.unlink()
    assert publish().returncode == 0
    assert hashes(place / "2026-10") == first


def test_what_cannot_be_published_is_refused_before_anything_is_made(publish, small_project):
    def refused(words: str, *options: str) -> None:
        end = publish(*options)
        assert end.returncode == 2
        assert words in end.stderr
        assert not (small_project / "out").exists()

    refused("is no name of an edition", "--edition", "../2026-11")
    refused("is no name of an edition", "--edition", "2026-13")
    refused("is no address of the web", "--edition", "2026-11", "--address", 'https://x"onclick=')
    refused("No edition stands there")
    (small_project / "corrections.yml").write_text(
        "corrections:\n- {edition: 2026-10, found: 2026-11-20, what: It was wrong}\n", encoding="utf-8"
    )
    refused("There is no edition 2026-10 here", "--edition", "2026-11")
    (small_project / "corrections.yml").unlink()
    (small_project / "assurance.yml").write_text(
        "assurance:\n- {edition: 2026-11, name: A, role: B}\n", encoding="utf-8"
    )
    refused("assurance.yml, line 2", "--edition", "2026-11")
    (small_project / "assurance.yml").write_text(
        "assurance:\n- {edition: 2026-11, name: A, role: B, signed: 2026-11-28, checked: C, data: '01234567'}\n",
        encoding="utf-8",
    )
    refused("A signed edition 2026-11 of the data 01234567", "--edition", "2026-11")
    (small_project / "assurance.yml").unlink()
    (small_project / "data" / "local").mkdir()
    (small_project / "data" / "local" / "wres_return_rj1.parquet").write_bytes(b"")
    refused("not for publication", "--edition", "2026-11")


def test_a_site_that_discloses_is_not_published(publish, small_project, monkeypatch):
    found = Audit((Problem("trusts/RJ1.html", "too few", "table", "", "9 people"),), files=1, hidden=1)
    monkeypatch.setattr("race_equality.publishing.publish.audit_with_own_figures", lambda *_, **__: found)
    end = publish("--edition", "2026-11")
    assert (end.returncode, "1 problems of disclosure, the first: trusts/RJ1.html" in end.stderr) == (2, True)
    assert not (small_project / "place" / "2026-11").exists()


def test_a_page_that_fails_and_one_of_an_earlier_build_are_in_no_edition(publish, small_project, notebook_writer):
    assert publish("--edition", "2026-10", of="RRK").returncode == 0
    end = publish("--edition", "2026-11")
    assert (end.returncode, "pages of an earlier build" in end.stderr) == (2, True)
    shutil.rmtree(small_project / "out")
    notebook_writer(small_project / "notebooks" / "board_report.ipynb", "1 / 0")
    end = publish("--edition", "2026-11")
    assert (end.returncode, "ZeroDivisionError" in end.stderr) == (2, True)
    assert sorted(path.name for path in (small_project / "place").iterdir() if path.is_dir()) == ["2026-10", "latest"]
