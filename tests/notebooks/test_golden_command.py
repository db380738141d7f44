"""`race-equality golden`: what it makes, what it prints, and that a failure changes nothing."""

import base64
import os
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from race_equality.commands import golden
from race_equality.store.figures import figure_table, parquet_bytes, read_figures
from tests.conftest import record_figures

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><title>Gaps</title><text>England</text>'
    '<path aria-label="group: White; percent: {value}" aria-roledescription="bar" d="M0,0h{width}v5"/></svg>'
)


def picture(value: str = "12.3", width: int = 40) -> str:
    svg = SVG.format(value=value, width=width)
    return (
        f'<figure><img src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" alt="Gaps"></figure>'
    )


def executed(*outputs, source: str = "show()") -> nbformat.NotebookNode:
    cell = new_code_cell(source, outputs=list(outputs), execution_count=1, id="show")
    return new_notebook(cells=[new_markdown_cell("## Staff", id="heading"), cell])


def html(content: str):
    return new_output("execute_result", data={"text/html": content}, execution_count=1)


def lines(old, new) -> list[str]:
    (change,) = golden.compare(old, new)
    return list(change.lines)


def test_the_same_notebook_has_no_changes():
    assert golden.compare(executed(html(picture())), executed(html(picture()))) == []


def test_a_figure_in_a_table_is_one_line_of_the_diff():
    table = "<table><tbody><tr><th>White</th><td>12.3%</td></tr><tr><th>Other</th><td>9.0%</td></tr></table>"
    found = lines(executed(html(table)), executed(html(table.replace("9.0%", "9.1%"))))
    assert [line for line in found if line[0] in "+-"] == ["-<td>9.0%</td>", "+<td>9.1%</td>"]


def test_a_sentence_of_a_long_paragraph_is_a_line_or_two_of_the_diff():
    paragraph = " ".join(f"Sentence {number} says something about staff." for number in range(40))
    old = new_output("display_data", data={"text/markdown": paragraph})
    new = new_output("display_data", data={"text/markdown": paragraph.replace("20 says", "20 said")})
    found = lines(executed(old), executed(new))
    assert len(found) < 8
    assert any("Sentence 20 said" in line for line in found)


def test_a_mark_of_a_chart_is_named_by_its_label():
    found = lines(executed(html(picture("12.3", 40))), executed(html(picture("12.4", 41))))
    assert found == [
        "chart 1:",
        "@@ -2,2 +2,2 @@",
        ' text "England"',
        '-bar "group: White; percent: 12.3"',
        '+bar "group: White; percent: 12.4"',
    ]


def test_a_chart_that_says_the_same_in_another_shape_shows_the_shape():
    found = lines(executed(html(picture(width=40))), executed(html(picture(width=50))))
    assert found[0] == "chart 1, shapes:"
    assert any(line.startswith("+") and "h50v5" in line for line in found)


def test_a_chart_that_is_gone_is_shown():
    found = lines(executed(html(picture())), executed(html("<figure></figure>")))
    assert '-bar "group: White; percent: 12.3"' in found


def test_a_stream_and_an_error_are_compared():
    quiet, loud = executed(), executed(new_output("stream", name="stderr", text="a warning\n"))
    assert "+a warning" in lines(quiet, loud)
    failed = executed(new_output("error", ename="ValueError", evalue="no trust", traceback=[]))
    assert "+[error] ValueError: no trust" in lines(quiet, failed)


def test_a_cell_put_in_is_one_change():
    old = executed(html("<p>x</p>"))
    new = executed(html("<p>x</p>"))
    new.cells.insert(0, new_markdown_cell("New words", id="new"))
    (change,) = golden.compare(old, new)
    assert change.where == "cell 0 (markdown): New words"
    assert "cell put in" in change.lines


def test_a_changed_source_is_shown_with_the_cell():
    (change,) = golden.compare(executed(source="x = 1"), executed(source="x = 2"))
    assert change.where == "cell 1 (code): x = 2"
    assert {"-x = 1", "+x = 2"} <= set(change.lines)


def test_strip_keeps_content_and_nothing_of_the_run():
    notebook = executed(html("<p>x</p>"))
    notebook.metadata = nbformat.from_dict({"papermill": {"output_path": "somewhere"}})
    notebook.cells[1].metadata = nbformat.from_dict(
        {"papermill": {"duration": 0.1}, "execution": {}, "tags": ["injected-parameters"]}
    )
    kept = golden.strip(notebook)
    assert "somewhere" not in golden.serialise(kept)
    assert "duration" not in golden.serialise(kept)
    assert kept.cells[1].id == "injected-parameters"
    assert kept.cells[1].metadata == {"tags": ["injected-parameters"]}
    assert kept.cells[1].execution_count == 1  # nbval compares no outputs of a cell without one
    assert kept.cells[1].outputs[0].data["text/html"] == "<p>x</p>"


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    """Make a project with a report of three cells."""
    for folder in ("notebooks", "data/figures", "tests/notebooks"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "_quarto.yml").touch()
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(tmp_path))
    write_report(tmp_path, "print(trust_code, 'has 3.1%')")
    return tmp_path


def write_report(project: Path, source: str) -> None:
    notebook = new_notebook(
        cells=[
            new_raw_cell("---\ntitle: Report\n---", id="front"),
            new_code_cell('trust_code = "R1H"', metadata={"tags": ["parameters"]}, id="parameters"),
            new_code_cell(source, id="words"),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, project / "notebooks" / "board_report.ipynb")


def run(*arguments: str):
    return CliRunner().invoke(golden.golden, arguments)


def test_the_command_makes_copies_and_says_what_changed(project):
    made = run("RRU", "DEMO")
    assert made.exit_code == 0, made.output
    path = project / "tests" / "notebooks" / "board_report_RRU.ipynb"
    first = path.read_text(encoding="utf-8")
    assert "RRU has 3.1%" in first
    assert "2 of 2 golden copies changed." in made.output

    again = run("RRU", "--check")
    assert again.exit_code == 0, again.output
    assert "board_report_RRU.ipynb: the same" in again.output

    write_report(project, "print(trust_code, 'has 3.2%')")
    checked = run("RRU", "--check")
    assert checked.exit_code == 1
    assert path.read_text(encoding="utf-8") == first, "--check wrote"
    assert "-RRU has 3.1%" in checked.output
    assert "+RRU has 3.2%" in checked.output
    assert "cell 3 (code): print(trust_code, 'has 3.2%')" in checked.output

    assert run("RRU").exit_code == 0
    assert "RRU has 3.2%" in path.read_text(encoding="utf-8")


def test_a_report_that_fails_names_the_cell_and_changes_no_copy(project):
    write_report(project, "if trust_code == 'RRU': raise ValueError('no figures')")
    failed = run("DEMO", "RRU")
    assert failed.exit_code != 0
    assert str(failed.exception) == (
        "board_report.ipynb for RRU failed in cell 3: ValueError: no figures. No golden copy was changed."
    )
    assert list((project / "tests" / "notebooks").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "what"), [("object()", "a memory address"), ("import os; os.getcwd()", "the folder")]
)
def test_an_output_that_differs_at_the_next_run_is_refused(project, source, what):
    write_report(project, source)
    refused = run("RRU")
    assert what in str(refused.exception)
    assert "cell 3" in str(refused.exception)
    assert list((project / "tests" / "notebooks").iterdir()) == []


def test_a_return_on_this_machine_is_in_no_golden_copy(project):
    row = {
        "trust_code": "RRU",
        "organisation_code": "RRU",
        "period_start": pd.Timestamp("2025-04-01"),
        "period_end": pd.Timestamp("2026-03-31"),
        "indicator": "wres_3",
        "group": "White",
        "value": 4321.0,
        "unit": "people",
        "status": "ok",
        "source": "wres_return_RRU",
        "locator": "row 2",
    }
    (project / "data" / "local").mkdir()
    (project / "data" / "local" / "wres_return_RRU.parquet").write_bytes(parquet_bytes(figure_table([row])))
    record_figures(project)
    write_report(
        project,
        "from race_equality.store.figures import read_figures\nprint(list(read_figures(local=trust_code)['value']))",
    )
    assert run("RRU").exit_code == 0
    copy = (project / "tests" / "notebooks" / "board_report_RRU.ipynb").read_text(encoding="utf-8")
    assert "4321" not in copy and "[]" in copy
    assert os.environ["RACE_EQUALITY_PROJECT"] == str(project)
    # what it is left out of: the same figure, where it is asked for here
    assert list(read_figures(local="RRU")["value"]) == [4321.0]


def test_a_trust_without_a_golden_copy_is_refused(project):
    refused = run("RJ1")
    assert refused.exit_code == 2
    assert "RJ1 has no golden copy; there is one for R1H, RV5, RRU, RY4, DEMO." in refused.output
