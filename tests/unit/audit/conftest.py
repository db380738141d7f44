"""A small site with a hidden cell in every kind of file, and nothing to find in it."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="495.125" viewBox="0 0 495.125 20" role="img">'
    "<title>Staff by role</title><desc>Nurses are the largest group.</desc>"
    '<path d="M0.12345,7.54321" aria-label="Role: Nurses; Staff: 600"/>'
    '<text x="1.23456">Nurses</text>{more}</svg>'
)
PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Example NHS Trust</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head><body>
<p>Example NHS Trust employed about 900 people.{text}</p>
<table id="tbl-roles" data-indicator="roles"><caption><span>Table 1:</span> Staff by role</caption>
<thead><tr><th scope="col">Role</th><th scope="col">Staff</th><th scope="col">England</th></tr></thead><tbody>
<tr><th scope="row">Doctors</th><td>250</td><td>9.9%</td></tr>
<tr><th scope="row">Nurses</th><td>600</td><td>25.7%</td></tr>
<tr><th scope="row">Other or unknown</th><td>{cell}</td><td>0.1%</td></tr>{row}
</tbody></table>
<figure><img src="data:image/svg+xml;base64,{picture}" alt="Staff by role. {alt}"></figure>
{body}</body></html>"""
TYPST = """#set document(title: "Example NHS Trust")
= Example NHS Trust
#table(columns: 3, [Role], [Staff], [England], [Doctors], [250], [9.9%], [Nurses], [600], [25.7%],
  [Other or unknown], [{cell}], [0.1%])
{text}
"""
HIDDEN = "Too few people to show"


def page(cell=HIDDEN, head="", text="", row="", alt="", body="", more=""):
    picture = base64.b64encode(SVG.format(more=more).encode()).decode()
    return PAGE.format(cell=cell, head=head, text=text, row=row, alt=alt, body=body, picture=picture)


def notebook(*, cell=HIDDEN, output=None, metadata=None, cell_metadata=None, attachment=None, more=""):
    table = page(cell=cell, more=more).split("<p>")[1]
    code = {
        "cell_type": "code",
        "source": 'trust_code = "R1A"',
        "execution_count": 1,
        "metadata": {"papermill": {"duration": 0.123456, "start_time": "2026-11-22T11:24:41.123456"}}
        | (cell_metadata or {}),
        "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"text/html": table} | (output or {})}],
    }
    note = {"cell_type": "markdown", "source": "Roles", "metadata": {}}
    if attachment:
        note["attachments"] = attachment
    about = {"papermill": {"parameters": {"trust_code": "R1A"}, "version": "2.7.0"}} | (metadata or {})
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": [note, code]})


def pdf(*, cell=HIDDEN, text="", attachment=None, title=None, alt=None):
    """A small PDF by Typst; attachments, a title and an alternative text by pikepdf."""
    import pikepdf
    import typst

    document = pikepdf.open(io.BytesIO(typst.compile(TYPST.format(cell=cell, text=text).encode())))
    if attachment:
        name, content = attachment
        document.attachments[name] = pikepdf.AttachedFileSpec(document, content, filename=name)
    if title:
        document.docinfo["/Title"] = title
    if alt:
        document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructElem, Alt=alt))
        document.Root.Example = document.make_indirect(pikepdf.Dictionary(Alt=pikepdf.String(alt)))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.fixture(scope="session")
def clean_pdf() -> bytes:
    return pdf()


@pytest.fixture
def site(tmp_path: Path, clean_pdf: bytes) -> Path:
    """A trust's page, notebook and PDF, and an index."""
    folder = tmp_path / "site"
    (folder / "trusts").mkdir(parents=True)
    (folder / "trusts" / "R1A.html").write_text(page(), encoding="utf-8")
    (folder / "trusts" / "R1A.ipynb").write_text(notebook(), encoding="utf-8")
    (folder / "trusts" / "R1A.pdf").write_bytes(clean_pdf)
    (folder / "index.html").write_text(
        "<html><head><title>All trusts</title></head><body><p>2 trusts</p></body></html>", encoding="utf-8"
    )
    return folder
