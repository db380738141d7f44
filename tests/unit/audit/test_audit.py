"""A leak planted in each channel is found; a site without one is not accused."""

from __future__ import annotations

import base64
import io
import json
import shutil
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pypandoc
import pytest
from click.testing import CliRunner

from race_equality.audit.site import audit_site as audit_by
from race_equality.commands.main import main
from race_equality.disclosure.rules import DisclosureRule, DisclosureRules
from race_equality.errors import RaceEqualityError

from .conftest import HIDDEN, SVG, notebook, page, pdf

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not on the PATH"
)

USUAL = DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=10))
audit_site = partial(audit_by, rules=USUAL)


def kinds(site, **settings):
    return {problem.kind for problem in audit_site(site, **settings).problems}


def figures(**changes):
    row = {
        "trust_code": "R1A",
        "organisation_code": "R1A",
        "period_start": pd.Timestamp("2024-09-01"),
        "period_end": pd.Timestamp("2024-11-30"),
        "indicator": "staff_survey_q28",
        "unit": "percent",
        "status": "ok",
    }
    rows = [
        row | {"group": "White - Gypsy or Irish Traveller", "value": 4.347826, "numerator": 4, "denominator": 92},
        row | {"group": "White - British", "value": 95.652174, "numerator": 88, "denominator": 92},
    ]
    return pd.DataFrame(rows).assign(**changes)


def test_a_clean_site_is_not_accused(site):
    result = audit_site(site, figures=figures(), names={"R1A": "Example NHS Trust"})
    assert result.problems == ()
    assert result.files == 4
    assert result.hidden == 1  # one cell, in three copies


JSON = json.dumps({"role": "Other or unknown", "staff": 4})
COLUMNS = json.dumps({"staff": [250, 600, 4], "role": ["Doctors", "Nurses", "Other or unknown"]})

#: What is planted in the page, and what must be said about it.
IN_THE_PAGE = {
    "text": ({"text": " Other or unknown: 4."}, "next to its label"),
    "text before": ({"text": " There were 4 (other or unknown)."}, "next to its label"),
    "total": ({"row": "<tr><th>Total</th><td>854</td><td>100%</td></tr>"}, "worked out"),
    "alt": ({"alt": "Doctors 250, Nurses 600, Other or unknown 4."}, "next to its label"),
    "tooltip": ({"body": '<span title="Other or unknown: 4 staff"></span>'}, "next to its label"),
    "data attribute": ({"body": '<td data-value="Other or unknown|4">?</td>'}, "next to its label"),
    "hidden cell's attribute": (
        {"row": f'<tr><th>Other or unknown</th><td data-value="4">{HIDDEN}</td><td>0.1%</td></tr>'},
        "next to its label",
    ),
    "label's attribute": ({"body": '<option value="4">Other or unknown</option>'}, "next to its label"),
    "two attributes": ({"body": '<rect data-n="4" data-role="Other or unknown"/>'}, "next to its label"),
    "nested json": (
        {"body": '<script type="application/json">{"Other or unknown": {"staff": 4}}</script>'},
        "next to its label",
    ),
    "comment": ({"body": "<!-- Other or unknown = 4 -->"}, "next to its label"),
    "meta": ({"head": '<meta name="description" content="Other or unknown: 4">'}, "next to its label"),
    "json": ({"body": f'<script type="application/json">{JSON}</script>'}, "next to its label"),
    "json in columns": ({"body": f'<script type="application/json">{COLUMNS}</script>'}, "next to its label"),
    "script": ({"body": f"<script>\nconst data = {JSON};\n</script>"}, "next to its label"),
    "picture label": ({"more": '<path aria-label="Role: Other or unknown; Staff: 4"/>'}, "next to its label"),
    "picture text": ({"more": "<text>Other or unknown 4</text>"}, "next to its label"),
    "picture tooltip": ({"more": "<title>Other or unknown: 4</title>"}, "next to its label"),
    "picture's mark": (
        {"more": "<text>0</text><text>200</text><text>400</text><text>Other or unknown</text><text>4</text>"},
        "next to its label",
    ),
    "data URI": (
        {"body": f'<a href="data:text/csv,{quote("Role,Staff" + chr(10) + "Other or unknown,4")}">x</a>'},
        "next to its label",
    ),
    "frame": ({"body": '<iframe srcdoc="&lt;p&gt;Other or unknown: 4"></iframe>'}, "next to its label"),
    "unrounded": ({"text": " 25.71428% of nurses."}, "too precise"),
    "unrounded attribute": ({"body": '<span data-share="0.4285714"></span>'}, "too precise"),
}


@pytest.mark.parametrize("leak", IN_THE_PAGE)
def test_planted_in_the_page(site, leak):
    planted, kind = IN_THE_PAGE[leak]
    (site / "trusts" / "R1A.html").write_text(page(**planted), encoding="utf-8")
    problems = audit_site(site).problems
    assert (kind, "trusts/R1A.html") in {(problem.kind, problem.file) for problem in problems}
    # a total on the page opens the notebook's copy of the table as well
    assert leak == "total" or all(problem.file == "trusts/R1A.html" for problem in problems)


def test_a_small_count_that_nobody_hid(site):
    for name in ("R1A.html", "R1A.ipynb", "R1A.pdf"):
        (site / "trusts" / name).unlink()
    (site / "trusts" / "R1A.html").write_text(page(cell="9"), encoding="utf-8")
    assert kinds(site) == {"too few"}
    (site / "trusts" / "R1A.html").write_text(page(cell="10"), encoding="utf-8")
    assert kinds(site) == set()


IN_THE_NOTEBOOK = {
    "shown in its table": ({"cell": "4"}, "shown elsewhere"),
    "text output": ({"output": {"text/plain": "Doctors  250\nOther or unknown   4"}}, "next to its label"),
    "json output": ({"output": {"application/json": json.loads(JSON)}}, "next to its label"),
    "vega output": (
        {"output": {"application/vnd.vegalite.v5+json": {"data": {"values": [json.loads(JSON)]}}}},
        "next to its label",
    ),
    "metadata": ({"metadata": {"result": json.loads(JSON)}}, "next to its label"),
    "cell metadata": ({"cell_metadata": {"result": [json.loads(JSON)]}}, "next to its label"),
    "attachment": (
        {"attachment": {"x.svg": {"image/svg+xml": SVG.format(more="<text>Other or unknown 4</text>")}}},
        "next to its label",
    ),
    "picture": ({"more": "<desc>Other or unknown: 4</desc>"}, "next to its label"),
    "unrounded": ({"output": {"text/plain": "0.142857"}}, "too precise"),
}


@pytest.mark.parametrize("leak", IN_THE_NOTEBOOK)
def test_planted_in_the_notebook(site, leak):
    planted, kind = IN_THE_NOTEBOOK[leak]
    (site / "trusts" / "R1A.ipynb").write_text(notebook(**planted), encoding="utf-8")
    problems = audit_site(site).problems
    assert kind in {problem.kind for problem in problems}
    assert all(problem.file == "trusts/R1A.ipynb" for problem in problems)


IN_THE_PDF = {
    "table": ({"cell": "4"}, "next to its label"),
    "text": ({"text": "Other or unknown: 4"}, "next to its label"),
    "attached data": ({"attachment": ("roles.csv", b"Role,Staff\nOther or unknown,4\n")}, "next to its label"),
    "attached page": ({"attachment": ("x.html", page(text="Other or unknown: 4").encode())}, "next to its label"),
    "title": ({"title": "Other or unknown: 4"}, "next to its label"),
    "alternative text": ({"alt": "Other or unknown: 4"}, "next to its label"),
}


@pytest.mark.parametrize("leak", IN_THE_PDF)
def test_planted_in_the_pdf(site, leak):
    planted, kind = IN_THE_PDF[leak]
    (site / "trusts" / "R1A.pdf").write_bytes(pdf(**planted))
    problems = audit_site(site).problems
    assert kind in {problem.kind for problem in problems}
    assert all(problem.file.startswith("trusts/R1A.pdf") for problem in problems)


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("roles.csv", "Role,Staff\nOther or unknown,4\n")
    return out.getvalue()


def parquet():
    out = io.BytesIO()
    pd.DataFrame({"Role": ["Doctors", "Other or unknown"], "Staff": [250, 4]}).to_parquet(out)
    return out.getvalue()


def workbook():
    out = io.BytesIO()
    pd.DataFrame({"Role": ["Doctors", "Other or unknown"], "Staff": [250, 4]}).to_excel(out, index=False)
    return out.getvalue()


def word():
    text = "Other or unknown: 4.\n\nRole|Staff\n-|-\nDoctors|250\n"
    with tempfile.TemporaryDirectory() as folder:
        pypandoc.convert_text(text, "docx", format="markdown", outputfile=f"{folder}/roles.docx")
        return Path(folder, "roles.docx").read_bytes()


DOWNLOADS = {
    "R1A.csv": b"Role,Staff\nDoctors,250\nOther or unknown,4\n",
    "R1A.tsv": b"\xef\xbb\xbfRole\tStaff\nOther or unknown\t4\n",
    "R1A.json": JSON.encode(),
    "R1A.jsonl": (JSON + "\n").encode(),
    "R1A.xlsx": workbook,
    "R1A.parquet": parquet,
    "R1A.zip": zipped,
    "R1A.docx": word,
    "R1A.txt": b"Other or unknown: 4",
    "R1A.svg": SVG.format(more="<text>Other or unknown 4</text>").encode(),
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_planted_in_a_download(site, name):
    content = DOWNLOADS[name]
    (site / "trusts" / name).write_bytes(content() if callable(content) else content)
    problems = audit_site(site).problems
    assert "next to its label" in {problem.kind for problem in problems}
    assert all(problem.file.startswith(f"trusts/{name}") for problem in problems)


SAID = '<w:p><w:r><w:t>Other or unknown:</w:t></w:r><w:r><w:t xml:space="preserve"> 4.</w:t></w:r></w:p>'


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("header1", SAID),
        ("footer2", SAID),
        ("comments", f'<w:comment w:id="1">{SAID}</w:comment>'),
        ("document", f"<w:body>{SAID.replace('<w:r>', '<w:del><w:r>').replace('</w:r>', '</w:r></w:del>')}</w:body>"),
    ],
)
def test_planted_where_a_word_document_shows_it_and_pandoc_does_not(site, part, words):
    name = f"word/{part}.xml"
    xml = f'<w:x xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{words}</w:x>'
    if part == "document":  # deleted, with changes tracked
        xml = xml.replace("w:x", "w:document").replace("w:t>", "w:delText>").replace("w:t ", "w:delText ")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as before, zipfile.ZipFile(out, "w") as after:
        for member in before.namelist():
            if member != name and (part != "document" or member != "word/comments.xml"):
                after.writestr(member, before.read(member).replace(b"Other or unknown: 4.", b"Nothing."))
        after.writestr(name, xml)
    (site / "trusts" / "R1A.docx").write_bytes(out.getvalue())
    problems = audit_site(site).problems
    assert {problem.kind for problem in problems} == {"next to its label"}
    assert {problem.file for problem in problems} == {f"trusts/R1A.docx!{name}"}


def test_a_total_on_another_trusts_page_gives_it_away(site):
    peers = (
        "<html><body><table><caption>Peers</caption><tr><th>Trust</th><th>Staff</th></tr>"
        "<tr><th>Example NHS Trust (R1A)</th><td>854</td></tr></table></body></html>"
    )
    (site / "trusts" / "R1B.html").write_text(peers, encoding="utf-8")
    (problem,) = audit_site(site).problems
    assert problem.kind == "worked out"
    assert "Staff of Other or unknown is 4, from trusts/R1B.html" in problem.message
    assert audit_site(site, overlapping=("roles",)).problems == ()


def test_rounded_shares_of_all_give_it_away_and_shares_of_what_is_shown_do_not(site):
    def with_shares(doctors, nurses):
        return (
            "<html><body><table><caption>Roles</caption><tr><th>Role</th><th>Staff</th><th>Share</th></tr>"
            f"<tr><th>Doctors</th><td>80</td><td>{doctors}%</td></tr>"
            f"<tr><th>Nurses</th><td>120</td><td>{nurses}%</td></tr>"
            f"<tr><th>Other roles</th><td>{HIDDEN}</td><td>{HIDDEN}</td></tr></table></body></html>"
        )

    for name in ("R1A.html", "R1A.ipynb", "R1A.pdf"):
        (site / "trusts" / name).unlink()
    of_all = with_shares("38.5", "57.7")  # of 208
    (site / "trusts" / "R1A.html").write_text(of_all, encoding="utf-8")
    messages = [p.message for p in audit_site(site).problems if p.kind == "worked out"]
    assert any("Staff of Other roles is 8" in message for message in messages)
    (site / "trusts" / "R1A.html").write_text(with_shares("40.0", "60.0"), encoding="utf-8")
    assert audit_site(site).problems == ()


def test_one_hidden_share_of_a_whole(site):
    table = (
        "<table><caption>Groups</caption><tr><th>Group</th><th>Percentage</th></tr><tr><th>Asian</th><td>30.0%</td></tr>"
        f"<tr><th>White</th><td>66.0%</td></tr><tr><th>Other</th><td>{HIDDEN}</td></tr></table>"
    )
    (site / "trusts" / "R1A.html").write_text(page(body=table), encoding="utf-8")
    (problem,) = audit_site(site).problems
    assert problem.kind == "worked out"
    assert "4.0%" in problem.message


def test_hidden_shares_of_a_known_base(site):
    """Two groups share 1.1% of 92 people, which is fewer than ten whatever the split."""

    def groups(black, white):
        return page(
            body="<table><caption>Groups</caption><tr><th>Group</th><th>Percentage</th></tr>"
            f"<tr><th>Asian</th><td>30.4%</td></tr><tr><th>Black</th><td>{black}%</td></tr>"
            f"<tr><th>White</th><td>{white}%</td></tr><tr><th>Mixed</th><td>{HIDDEN}</td></tr>"
            f"<tr><th>Other</th><td>{HIDDEN}</td></tr></table>"
        )

    (site / "trusts" / "R1A.html").write_text(groups("19.6", "48.9"), encoding="utf-8")
    assert audit_site(site).problems == ()  # without the base nobody can tell how many that is
    messages = [p.message for p in audit_site(site, figures=figures()).problems]
    assert any("Mixed and Other is 1.1%" in message and "of 92 people" in message for message in messages)
    (site / "trusts" / "R1A.html").write_text(groups("19.6", "25.0"), encoding="utf-8")
    assert audit_site(site, figures=figures()).problems == ()


def test_what_the_project_knows_and_the_page_does_not_mention(site):
    """The attacker with the project's own figures: no hidden cell on the page points at them."""
    (site / "trusts" / "R1A.html").write_text(
        page(body='<p data-n="White - Gypsy or Irish Traveller: 4"></p>'), encoding="utf-8"
    )
    assert audit_site(site).problems == ()
    assert kinds(site, figures=figures()) == {"known figure"}
    (site / "trusts" / "R1A.html").write_text(page(text=" x 4.347826"), encoding="utf-8")
    assert kinds(site, figures=figures()) == {"known figure", "too precise"}
    # another trust's page is not about this trust
    assert kinds(site, figures=figures(trust_code="R1B")) == {"too precise"}


def test_a_page_for_all_trusts_may_quote_two_decimals(site):
    quoted = "<html><body><p>46.99% of White and 14.65% of ethnic minority people: {}.</p></body></html>"
    (site / "methods.html").write_text(quoted.format("3.21"), encoding="utf-8")
    assert audit_site(site).problems == ()
    (site / "methods.html").write_text(quoted.format("3.2075"), encoding="utf-8")
    assert kinds(site) == {"too precise"}


def test_an_unrounded_rate_of_a_small_base_says_so(site):
    (site / "trusts" / "R1A.html").write_text(page(text=" 14.2857142%"), encoding="utf-8")
    (problem,) = audit_site(site).problems
    assert "can only be 1/7" in problem.message


def test_an_axis_is_no_figure(site):
    ticks = "".join(f"<text>{tick}</text>" for tick in (0, 2, 4, 6, 8))
    more = f"{ticks}<text>Nurses</text><text>600</text><text>Other or unknown</text>"
    (site / "trusts" / "R1A.html").write_text(page(more=more), encoding="utf-8")
    assert audit_site(site).problems == ()


def test_ordinary_words_are_no_label(site):
    """ "Other" in a sentence is not the group Other."""
    table = (
        "<table><caption>Groups</caption><tr><th>Group</th><th>Percentage</th></tr>"
        "<tr><th>Asian</th><td>30.0%</td></tr><tr><th>Black</th><td>10.0%</td></tr>"
        f"<tr><th>White</th><td>{HIDDEN}</td></tr><tr><th>Other</th><td>{HIDDEN}</td></tr></table>"
        "<p>In the middle half of the other acute trusts (52.7 to 58.5%). Another 12 followed.</p>"
    )
    (site / "trusts" / "R1A.html").write_text(page(body=table), encoding="utf-8")
    assert audit_site(site).problems == ()


def test_the_threshold_is_a_setting(site):
    peers = (
        "<html><body><table><caption>Peers</caption><tr><th>Trust</th><th>Staff</th></tr>"
        "<tr><th>Example NHS Trust (R1A)</th><td>862</td></tr></table></body></html>"
    )
    (site / "trusts" / "R1B.html").write_text(peers, encoding="utf-8")
    assert kinds(site, rules=DisclosureRules(DisclosureRule(minimum_responses=11, minimum_people=20))) == {"worked out"}


def test_what_cannot_be_read_is_said(site):
    (site / "extra.bin").write_bytes(b"\x00\x01")
    (site / "broken.json").write_text("{", encoding="utf-8")
    (site / "broken.zip").write_bytes(b"PK")
    (site / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (site / "broken.xlsx").write_bytes(b"PK no workbook")
    (site / "broken.docx").write_bytes(b"PK no document")
    (site / "broken.parquet").write_bytes(b"PAR1")
    (site / "broken.html").write_bytes(b"<p>\xff\xfe")
    (site / "list.ipynb").write_text("[]", encoding="utf-8")
    (site / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    found = audit_site(site).problems
    assert {problem.kind for problem in found} == {"unread"}
    assert {problem.file for problem in found} == {
        *(f"broken.{kind}" for kind in ("json", "zip", "pdf", "xlsx", "docx", "parquet", "html")),
        "extra.bin",
        "list.ipynb",
        "deep.json",
    }


def test_a_search_index_is_read_as_prose(site):
    section = "Staff by role. " * 10 + f"Other or unknown {HIDDEN}. Nurses 600, of whom 37 are matrons."
    index = [{"objectID": "trusts/R1A.html", "title": "Roles", "text": section}]
    (site / "trusts" / "R1A.json").write_text(json.dumps(index), encoding="utf-8")
    assert audit_site(site).problems == ()
    index[0]["text"] += " Other or unknown: 4."
    (site / "trusts" / "R1A.json").write_text(json.dumps(index), encoding="utf-8")
    assert kinds(site) == {"next to its label"}


def test_a_search_index_of_the_whole_site_belongs_to_its_pages(site):
    entry = {
        "objectID": "trusts/R1A.html#roles",
        "href": "trusts/R1A.html#roles",
        "title": "Roles",
        "text": f"Staff by role. Other or unknown {HIDDEN}.",
    }
    (site / "search.json").write_text(json.dumps([entry]), encoding="utf-8")
    assert audit_site(site).problems == ()
    for leak in ("Other or unknown: 4.", "Staff by role. " * 10 + "Other or unknown: 4."):
        (site / "search.json").write_text(json.dumps([entry | {"text": leak}]), encoding="utf-8")
        (problem,) = audit_site(site).problems
        assert (problem.kind, problem.file) == ("next to its label", "search.json!trusts/R1A.html")


@pytest.mark.parametrize("name", ["chart.png", "trusts/R1A.jpg", "favicon.ico"])
def test_a_picture_made_of_points_is_not_passed_over(site, name):
    (site / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    (problem,) = audit_site(site).problems
    assert (problem.kind, problem.file) == ("unread", name)
    assert "draw it as SVG" in problem.message


def test_points_inside_a_page_a_notebook_and_a_pdf(site):
    import pikepdf

    uri = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    (site / "trusts" / "R1A.html").write_text(page(body=f'<img src="{uri}" alt="">'), encoding="utf-8")
    (site / "trusts" / "R1A.ipynb").write_text(notebook(output={"image/png": "iVBORw0KGgo="}), encoding="utf-8")
    document = pikepdf.open(io.BytesIO(pdf()))
    picture = pikepdf.Stream(
        document,
        b"\x00",
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=1,
        Height=1,
        ColorSpace=pikepdf.Name.DeviceGray,
        BitsPerComponent=8,
    )
    document.Root.Example = document.make_indirect(picture)
    document.save(site / "trusts" / "R1A.pdf")
    problems = audit_site(site).problems
    assert {problem.kind for problem in problems} == {"unread"}
    assert {problem.file for problem in problems} == {f"trusts/R1A.{kind}" for kind in ("html", "ipynb", "pdf")}


@pytest.fixture
def earlier(site, tmp_path):
    """The same site as it was published before."""
    return shutil.copytree(site, tmp_path / "earlier")


def test_two_builds_that_hide_the_same_give_nothing_away(site, earlier):
    assert audit_site(site, against=earlier).problems == ()


def test_what_is_hidden_now_was_shown_before(site, earlier):
    (earlier / "trusts" / "R1A.html").write_text(page(cell="4"), encoding="utf-8")
    problems = audit_site(site, against=earlier).problems
    assert {problem.kind for problem in problems} == {"shown elsewhere"}
    assert "is 4 as published before, which another copy hides" in problems[0].message


def test_what_was_hidden_before_is_shown_now(site, earlier):
    for name in ("R1A.html", "R1A.ipynb", "R1A.pdf"):
        (site / "trusts" / name).unlink()
    (site / "trusts" / "R1A.html").write_text(page(cell="12"), encoding="utf-8")
    assert audit_site(site).problems == ()
    (problem,) = audit_site(site, against=earlier).problems
    assert "is 12 and was hidden before" in problem.message


def test_a_total_of_the_last_build_tells_what_this_one_hides(site, earlier):
    total = "<tr><th>Total</th><td>854</td><td>100%</td></tr>"
    (earlier / "trusts" / "R1A.html").write_text(page(row=total), encoding="utf-8")
    problems = audit_site(site, against=earlier).problems
    assert {problem.kind for problem in problems} == {"worked out"}
    assert "is 4, from trusts/R1A.html, Table 1: Staff by role as published before" in problems[0].message


def test_a_change_between_periods_tells_the_hidden_one(site):
    def table(hidden):
        rows = [("Doctors", 250, 240, 10), ("Nurses", 600, 580, 20), ("Porters", hidden, 36, -32)]
        body = "".join(f"<tr><th>{a}</th><td>{b}</td><td>{c}</td><td>{d}</td></tr>" for a, b, c, d in rows)
        head = "<tr><th>Role</th><th>Staff 2025</th><th>Staff 2024</th><th>Change</th></tr>"
        return f"<table><caption>Staff of two years</caption>{head}{body}</table>"

    (site / "trusts" / "R1A.html").write_text(page(body=table(HIDDEN)), encoding="utf-8")
    assert any(
        problem.kind == "worked out" and "Staff 2025 of Porters is 4, from Staff 2024 and Change" in problem.message
        for problem in audit_site(site).problems
    )


def test_all_that_a_build_leaves(site, tmp_path):
    """Logs and notebooks that failed are read with the site; caches are no more published than the data are."""
    output = tmp_path / "output"
    shutil.copytree(site, output / "site")
    for name in ("failed/trusts", ".cache"):
        (output / name).mkdir(parents=True)
    (output / "manifest.json").write_text(json.dumps({"seconds": {"execute": 1.2345}}), encoding="utf-8")
    (output / "build.log").write_text("R1A done in 1.2 s", encoding="utf-8")
    (output / ".cache" / "table.parquet").write_bytes(parquet())
    assert audit_site(output).problems == ()
    failed = json.loads(notebook())
    failed["cells"][1]["outputs"].append(
        {"output_type": "error", "ename": "E", "evalue": "Other or unknown: 4", "traceback": ["Other or unknown: 4"]}
    )
    (output / "failed" / "trusts" / "R1A.ipynb").write_text(json.dumps(failed), encoding="utf-8")
    problems = audit_site(output).problems
    assert {problem.file for problem in problems} == {"failed/trusts/R1A.ipynb"}
    assert {problem.channel for problem in problems} == {"notebook output evalue", "notebook output traceback"}


def test_a_kernel_message_in_a_log_is_read(site):
    (site / "trusts" / "R1A.log").write_text("warning: Other or unknown: 4", encoding="utf-8")
    assert kinds(site) == {"next to its label"}


def test_a_group_of_another_measure_is_not_accused(site):
    """Respondents of an ethnic group, shown on the page, are not the deliveries of that group, which it hides."""

    def table(caption, column, rows):
        body = "".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in rows.items())
        return f"<table><caption>{caption}</caption><tr><th>Group</th><th>{column}</th></tr>{body}</table>"

    answered = {"Asian": "10.0%", "Black": "4.7%", "White": "80.3%", "Other": "5.0%"}
    gave_birth = {"Asian": HIDDEN, "Black": HIDDEN, "White": "855", "Other": "35"}
    tables = table("Who answered", "Share", answered) + table("Deliveries", "Deliveries", gave_birth)
    (site / "trusts" / "R1A.html").write_text(page(body=tables), encoding="utf-8")
    head = "measure,name,group,period_end,value,lower_95,upper_95,unit,people"
    lines = [
        "q28,Who answered,Asian,2024-11-30,10.0,8.5,11.8,percent,[z]",
        "q28,Who answered,Black,2024-11-30,4.7,3.7,6.0,percent,[z]",
        "births,Deliveries,White,2023-03-31,855,[z],[z],count,[z]",
        "births,Deliveries,Asian,2023-03-31,[c],[c],[c],count,[c]",
        "births,Deliveries,Black,2023-03-31,[c],[c],[c],count,[c]",
    ]
    file = site / "trusts" / "R1A-figures.csv"
    file.write_text("\n".join([head, *lines]), encoding="utf-8")
    assert audit_site(site).problems == ()
    file.write_text("\n".join([head, *lines[:3], lines[3].replace("[c]", "7", 1), lines[4]]), encoding="utf-8")
    assert kinds(site) == {"next to its label"}


def test_a_number_whose_share_stands_openly_is_not_accused(site):
    """A page hides a group's share of respondents and shows its share of births; the file has the births as well."""
    body = (
        "<table><caption>Groups</caption><tr><th>Group</th><th>Who answered</th><th>Gave birth</th></tr>"
        f"<tr><th>Black</th><td>{HIDDEN}</td><td>4.1%</td></tr>"
        "<tr><th>White</th><td>88.8%</td><td>77.8%</td></tr></table>"
    )
    (site / "trusts" / "R1A.html").write_text(page(body=body), encoding="utf-8")
    head = "measure,name,group,period_end,value,lower_95,upper_95,unit,people"
    lines = [
        "births,Deliveries,Black,2023-03-31,305,[z],[z],count,[z]",
        "births,Deliveries,Black,2023-03-31,4.1,[z],[z],percent,[z]",
        "q28,Who answered,Black,2024-11-30,[c],[c],[c],percent,[c]",
    ]
    file = site / "trusts" / "R1A-figures.csv"
    file.write_text("\n".join([head, *lines]), encoding="utf-8")
    assert audit_site(site).problems == ()
    file.write_text("\n".join([head, *lines[:2], lines[2].replace("[c]", "0.9", 1)]), encoding="utf-8")
    assert kinds(site) == {"next to its label"}


def test_a_hidden_label_within_another_hidden_label_hides_neither(site):
    rows = "".join(f"<tr><th>{label}</th><td>{HIDDEN}</td></tr>" for label in ("Other", "Any other role", "Porters"))
    table = f"<table><caption>More roles</caption><tr><th>Role</th><th>Staff</th></tr>{rows}</table>"
    (site / "trusts" / "R1A.html").write_text(page(body=table), encoding="utf-8")
    assert audit_site(site).problems == ()
    for leak in ("Any other role: 6.", "Other: 6."):
        (site / "trusts" / "R1A.html").write_text(page(body=f"{table}<p>{leak}</p>"), encoding="utf-8")
        assert kinds(site) == {"next to its label"}


def test_the_base_of_one_measure_is_no_total_of_another(site):
    head = "measure,name,group,period_end,value,unit,people"
    lines = [
        "births,Births by group,White,2023-03-31,855,people,855",
        "births,Births by group,Other,2023-03-31,35,people,35",
        "births,Births by group,Asian,2023-03-31,[c],people,[c]",
        "births,Births by group,Black,2023-03-31,[c],people,[c]",
    ]
    file = site / "trusts" / "R1A-figures.csv"
    other = "smoking,Smoking at booking,All women,2023-03-31,3.0,percent,890"
    file.write_text("\n".join([head, *lines, other]), encoding="utf-8")
    assert audit_site(site).problems == ()
    total = "births,Births by group,All women,2023-03-31,895,people,895"
    file.write_text("\n".join([head, *lines, other, total]), encoding="utf-8")
    assert kinds(site) == {"worked out"}


def test_no_folder_and_an_empty_one(tmp_path):
    with pytest.raises(RaceEqualityError, match="no folder"):
        audit_site(tmp_path / "nowhere")
    with pytest.raises(RaceEqualityError, match="no files"):
        audit_site(tmp_path)


def test_files_at_once_find_the_same(site):
    (site / "trusts" / "R1A.html").write_text(page(text=" Other or unknown: 4."), encoding="utf-8")
    assert audit_site(site, jobs=2) == audit_site(site)


def test_command(site):
    run = CliRunner()
    clean = run.invoke(main, ["audit", str(site), "--outsider"])
    assert clean.exit_code == 0
    assert "4 files read, 1 hidden cells attacked: nothing recovered." in clean.output
    (site / "trusts" / "R1A.html").write_text(page(text=" Other or unknown: 4."), encoding="utf-8")
    leaky = run.invoke(main, ["audit", str(site), "--outsider"])
    assert leaky.exit_code == 1
    assert "trusts/R1A.html (HTML text, line" in leaky.output
    against = run.invoke(main, ["audit", str(site), "--outsider", "--against", str(site)])
    assert against.exit_code == 1
    assert run.invoke(main, ["audit", str(site), "--against", str(site / "nowhere")]).exit_code == 2
    assert run.invoke(main, ["audit", str(site / "nowhere")]).exit_code == 2


def test_picture_in_base64_and_in_plain_text_are_both_read(site):
    svg = SVG.format(more="<text>Other or unknown 4</text>")
    for uri in (
        "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode(),
        "data:image/svg+xml," + quote(svg),
    ):
        (site / "trusts" / "R1A.html").write_text(page(body=f'<img src="{uri}" alt="">'), encoding="utf-8")
        assert kinds(site) == {"next to its label"}


# ---- shares that a rule hides ----

MEASURES = {"wres_2": ("Appointed from shortlisting", "WRES 2")}


def shortlisted(code="R1A", appointed=3.0, of=8.0):
    table = pd.DataFrame(
        [
            {
                "trust_code": code,
                "organisation_code": code,
                "period_start": pd.Timestamp("2024-04-01"),
                "period_end": pd.Timestamp("2025-03-31"),
                "indicator": "wres_2",
                "group": group,
                "value": 100 * part / base,
                "unit": "percent",
                "numerator": part,
                "denominator": base,
                "status": "ok",
                "source": "wres_return_R1A",
                "locator": "row 1",
            }
            for group, part, base in (("Ethnic minority", appointed, of), ("White", 70.0, 300.0))
        ]
    )
    return table.astype({"numerator": "Float64", "denominator": "Float64", "value": "Float64"})


ROW = (
    "<table><caption>The nine WRES indicators</caption><tr><th>Indicator</th><th>Ethnic minority</th><th>White</th></tr>"
    "<tr><th>2. Appointed from shortlisting</th><td>{share}</td><td>23.3%</td></tr></table>"
)


def test_a_share_of_eight_people_stands_in_the_row_of_its_measure(site):
    """Its label is in every table, so that no other attack can tell which figure is meant."""
    page_of = site / "trusts" / "R1A.html"
    page_of.write_text(page(body=ROW.format(share="37.5%")), encoding="utf-8")
    found = audit_site(site, figures=shortlisted(), measures=MEASURES).problems
    assert [(p.kind, p.message) for p in found] == [("known figure", "wres_2 of 'ethnic minority' is 37.5%")]
    page_of.write_text(page(body=ROW.format(share=HIDDEN)), encoding="utf-8")
    assert audit_site(site, figures=shortlisted(), measures=MEASURES).problems == ()


def test_a_share_of_enough_people_may_stand_there(site):
    (site / "trusts" / "R1A.html").write_text(page(body=ROW.format(share="37.5%")), encoding="utf-8")
    assert audit_site(site, figures=shortlisted(appointed=6.0, of=16.0), measures=MEASURES).problems == ()


def test_what_a_trusts_own_rule_hides_must_not_stand_on_other_pages(site):
    """A mark of another trust's chart says a name and a figure; sixteen people are enough for the usual rule."""
    mark = '<p aria-label="Second NHS Trust; answered 16; 37.5%"></p>'
    (site / "trusts" / "R1A.html").write_text(page(body=mark), encoding="utf-8")
    known = {"figures": shortlisted("R2B", 6.0, 16.0), "names": {"R2B": "Second NHS Trust"}, "measures": MEASURES}
    assert audit_site(site, **known).problems == ()
    found = audit_site(
        site,
        **known,
        rules=DisclosureRules(USUAL.usual, {"R2B": DisclosureRule(minimum_responses=30, minimum_people=10)}),
    ).problems
    assert {(p.file, p.kind) for p in found} == {("trusts/R1A.html", "known figure")}
    assert "of R2B, by whose rule it is hidden, is 37.5%" in found[0].message


def test_a_trusts_name_within_a_longer_word_names_no_trust(site):
    """The demonstration trust is DEMO, and reports name publications about demographics."""
    rules = DisclosureRules(USUAL.usual, {"DEMO": DisclosureRule(minimum_responses=30, minimum_people=10)})
    known = {
        "figures": shortlisted("DEMO", 6.0, 16.0),
        "names": {"DEMO": "Demonstration NHS Trust (invented figures)"},
        "measures": MEASURES,
        "rules": rules,
    }
    (site / "trusts" / "R1A.html").write_text(page(body="<p>Demographics; 37.5%</p>"), encoding="utf-8")
    assert audit_site(site, **known).problems == ()
    for name in ("DEMO", "Demonstration NHS Trust (invented figures)"):
        (site / "trusts" / "R1A.html").write_text(page(body=f"<p>{name}; 37.5%</p>"), encoding="utf-8")
        assert "of DEMO, by whose rule it is hidden" in audit_site(site, **known).problems[0].message, name


def test_the_number_in_a_publications_title_is_none_of_its_figures(site):
    """Every row of WRES 5 names the publication "WRES indicators 5 to 8"."""
    (site / "trusts" / "R1A-figures.csv").write_text(
        "measure,name,group,value,source\n"
        "wres_5,Harassment from the public,Ethnic minority,[c],WRES indicators 5 to 8 by trust\n"
        "wres_5,Harassment from the public,White,[c],WRES indicators 5 to 8 by trust\n",
        encoding="utf-8",
    )
    assert audit_site(site).problems == ()
    (site / "trusts" / "R1A-note.csv").write_text(
        "measure,name,group,locator\nwres_5,Harassment from the public,Ethnic minority,of 17 people\n", encoding="utf-8"
    )
    assert [p.kind for p in audit_site(site).problems] == ["next to its label"]


def test_the_number_in_a_measure_s_title_is_none_of_its_figures(site):
    """A row of a hidden group names the measure "Waiting over 18 weeks"."""
    (site / "trusts" / "R1A.html").write_text(
        page(
            body="<table><tr><th>Group</th><th>Share</th></tr><tr><th>Not known</th><td>Too few people to show</td></tr></table>"
        ),
        encoding="utf-8",
    )
    rows = "measure,name,group,value\nover_18,Waiting over 18 weeks,Not known,[c]\n"
    (site / "trusts" / "R1A-figures.csv").write_text(rows, encoding="utf-8")
    assert audit_site(site).problems == ()
    (site / "trusts" / "R1A-note.csv").write_text(rows.replace("[c]", "17 people"), encoding="utf-8")
    assert "next to its label" in kinds(site)


def test_how_often_a_group_stands_in_a_source_is_no_figure_of_it(site):
    (site / "trusts" / "R1A.html").write_text(page(text=" Other or unknown (5 places)"), encoding="utf-8")
    assert audit_site(site).problems == ()
    (site / "trusts" / "R1A.html").write_text(page(text=" Other or unknown (5)"), encoding="utf-8")
    assert kinds(site) == {"next to its label"}


MERGED = (
    "trust_code,kind,measure,group,organisation,period_end,value,people\n"
    "R1A,finding,smoking,All births,R1A R2B,2023-03-31,13.3,{whole}\n"
    "R1A,published figure,smoking,All births,R1A,2023-03-31,13.0,1385\n"
    "R1A,published figure,smoking,All births,R2B,2023-03-31,[c],[c]\n"
)


def test_what_a_merged_organisation_adds_to_its_trust(site):
    """1,395 people less the 1,385 of the other organisation are the ten whose share is hidden."""
    file = site / "trusts" / "R1A-figures.csv"
    file.write_text(MERGED.format(whole=1395), encoding="utf-8")
    found = [p for p in audit_site(site).problems if p.kind == "worked out"]
    assert ["smoking of R2B rests on 10, from the trust's 1,395 and the others"] == [p.message for p in found]
    for harmless in (1385, 1500):  # it is not in the whole, or is large
        file.write_text(MERGED.format(whole=harmless), encoding="utf-8")
        assert not [p for p in audit_site(site).problems if p.kind == "worked out"]


def test_a_month_of_patients_is_no_total_of_staff(site):
    """Of hundreds of months one has as many patients as there are staff in the groups shown, and a few more."""
    trusts = site / "trusts"
    trusts.joinpath("R1A-figures.csv").write_text(
        "trust_code,measure,name,group,value,people\nR1A,rtt,Waiting,{group},60.1,853\n".format(group="All patients"),
        encoding="utf-8",
    )
    assert audit_site(site).problems == ()
    text = trusts.joinpath("R1A-figures.csv").read_text(encoding="utf-8").replace("All patients", "All staff")
    trusts.joinpath("R1A-figures.csv").write_text(text, encoding="utf-8")
    assert {p.kind for p in audit_site(site, overlapping=()).problems} == {"worked out"}


# ---- patients of published cells, rounded to 5 ----

RECOVERY = "talking_therapies_recovery"


def recovered(rows, indicator=RECOVERY, caption="Recovery in talking therapies by ethnic group"):
    """A table of people by group, which says its indicator."""
    body = "".join(f"<tr><th>{label}</th><td>{people}</td></tr>" for label, people in rows.items())
    return (
        f'<table data-indicator="{indicator}"><caption>{caption}</caption>'
        f"<tr><th>Group</th><th>People</th></tr>{body}</table>"
    )


def of_people(indicator, base):
    return pd.DataFrame(
        [
            {
                "trust_code": "R1A",
                "organisation_code": "R1A",
                "period_start": pd.Timestamp("2024-04-01"),
                "period_end": pd.Timestamp("2025-03-31"),
                "indicator": indicator,
                "group": group,
                "value": 100 * part / base,
                "unit": "percent",
                "numerator": part,
                "denominator": base,
                "status": "ok",
            }
            for group, part, base in (("Mixed", 5.0, base), ("Asian", 20.0, 40.0), ("White", 50.0, 90.0))
        ]
    )


def test_a_count_worked_out_of_rounded_ones_has_the_room_of_their_rounding(site):
    total = "trust_code,measure,name,group,period_end,value,unit,people\nR1A,{},Recovery,All people,2025-03-31,50.0,percent,145"
    page_of, file = site / "trusts" / "R1A.html", site / "trusts" / "R1A-figures.csv"
    # 145 less 40 and 95 leave 10, of which each part is up to 2.5 away: 2.5 to 17.5
    rows = {"Asian": 40, "White": 95, "Mixed": HIDDEN}
    file.write_text(total.format(RECOVERY), encoding="utf-8")
    page_of.write_text(page(body=recovered(rows)), encoding="utf-8")
    assert audit_site(site).problems == ()
    # of counts that are exact it is 10
    file.write_text(total.format("workforce_by_ethnicity"), encoding="utf-8")
    page_of.write_text(page(body=recovered(rows, "workforce_by_ethnicity")), encoding="utf-8")
    assert kinds(site) == {"worked out"}
    # the total of something else says nothing of a table that names its measure
    page_of.write_text(page(body=recovered(rows, "maternity_deliveries_by_ethnicity")), encoding="utf-8")
    assert audit_site(site).problems == ()


def test_a_known_count_is_searched_for_where_its_own_measure_is_spoken_of(site):
    """Five mothers of the Mixed group are another figure than five of its people who recovered."""
    head = "measure,name,group,period_end,value,unit,people"
    births = "maternity_deliveries_by_ethnicity,Deliveries,Mixed,2024-03-31,5,count,[z]"
    known = {"figures": of_people(f"{RECOVERY}_by_ethnicity", 8.0)}
    file = site / "trusts" / "R1A-figures.csv"
    file.write_text(f"{head}\n{births}", encoding="utf-8")
    assert audit_site(site, **known).problems == ()
    file.write_text(f"{head}\n{RECOVERY},Recovery,Mixed,2025-03-31,5,count,[z]", encoding="utf-8")
    assert kinds(site, **known) == {"known figure"}


def test_a_group_s_name_within_a_sentence_of_a_table_is_no_label(site):
    row = "<tr><th>WRES 5</th><td>{}</td></tr>"
    table = f"<table><caption>Enough</caption><tr><th>Indicator</th><th>What to do</th></tr>{row}</table>"
    known = {"figures": of_people(f"{RECOVERY}_by_ethnicity", 8.0)}
    said = "Read it with the figures of mixed years, and act on the gaps that are clear"
    (site / "trusts" / "R1A.html").write_text(page(body=table.format(said)), encoding="utf-8")
    assert audit_site(site, **known).problems == ()
    (site / "trusts" / "R1A.html").write_text(
        page(body=table.format(said.replace("mixed", "Mixed: 5"))), encoding="utf-8"
    )
    assert kinds(site, **known) == {"known figure"}


def test_shares_of_groups_are_no_parts_of_a_whole(site):
    """Recovered: 50.0% of one group and 43.0% of another leave no 7.0% for a third."""
    rows = {"Asian": "50.0%", "White": "43.0%", "Mixed": HIDDEN}
    (site / "trusts" / "R1A.html").write_text(page(body=recovered(rows)), encoding="utf-8")
    assert audit_site(site).problems == ()


def test_the_second_line_of_a_long_label_in_a_pdf_is_not_the_label_of_another_row(site):
    rows = {"Mixed group": HIDDEN, "Asian, Black or Mixed group": "70", "White group": "250"}
    (site / "trusts" / "R1A.html").write_text(page(body=recovered(rows)), encoding="utf-8")
    (site / "trusts" / "R1A.pdf").write_bytes(pdf(text="Asian, Black or \\\nMixed group 70"))
    assert audit_site(site).problems == ()
    (site / "trusts" / "R1A.pdf").write_bytes(pdf(text="Asian, Black or \\\nMixed group 7"))
    assert kinds(site) == {"next to its label"}


def test_a_mark_of_a_year_that_a_table_shows_is_not_the_hidden_year(site):
    years = (
        f'<table data-indicator="{RECOVERY}"><caption>By year</caption><tr><th>Year</th><th>Mixed group</th></tr>'
        f"<tr><th>April 2022 to March 2023</th><td>44.8%</td></tr>"
        f"<tr><th>April 2023 to March 2024</th><td>{HIDDEN}</td></tr></table>"
    )
    tables = recovered({"Mixed group": HIDDEN, "White group": "250"}) + years
    mark = '<path d="M0,0" aria-label="Mixed group, {}: {}% (95% interval 30.1 to 60.2)"/>'
    (site / "trusts" / "R1A.html").write_text(page(body=tables, more=mark.format(2023, 44.8)), encoding="utf-8")
    assert audit_site(site).problems == ()
    (site / "trusts" / "R1A.html").write_text(page(body=tables, more=mark.format(2024, 39.9)), encoding="utf-8")
    assert kinds(site) == {"next to its label"}


def test_a_sentence_about_another_measure_is_not_accused(site):
    """The Mixed group is hidden among those who recovered, and a sentence says its waits."""
    said = "{}, 54.6% of patients of the Mixed group had waited."
    (site / "trusts" / "R1A.pdf").write_bytes(pdf(text="of patients of the \\\nMixed group 54.6% \\\nhad waited"))
    for about, wrong in (
        ("Waiting over 18 weeks for treatment", set()),
        ("Recovery in talking therapies", {"next to its label"}),
    ):
        for links in ("", " (Where from: Recovery in talking therapies, Waiting over 18 weeks.)"):
            text = f"<p>{said.format(about)} Mixed group: 54.6%.{links}</p>"
            tables = recovered({"Mixed group": HIDDEN, "White group": "250"})
            (site / "trusts" / "R1A.html").write_text(page(body=tables + text), encoding="utf-8")
            assert kinds(site) == wrong
