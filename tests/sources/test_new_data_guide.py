"""The example of docs/new_data.md does what the guide says."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from race_equality.commands import main as cli
from race_equality.errors import InputError
from race_equality.sources import catalogue
from race_equality.store.figures import read_figures

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "new_data.md"
HEADER = ("Org code", "Year to March", "Specialist midwives")


@pytest.fixture
def midwives(monkeypatch):
    """The guide's module, with its publication among those that are known."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    module = ModuleType("race_equality.sources.midwives")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, "midwives.py", "exec"), module.__dict__)
    monkeypatch.setattr(catalogue, "PUBLICATIONS", (*catalogue.PUBLICATIONS, *module.PUBLICATIONS))
    return module


def test_the_example_is_added_traced_and_checked(midwives, read_cut, write, project, tmp_path, monkeypatch):
    read_cut(project)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(project.root))

    def run(*arguments):
        result = CliRunner().invoke(cli.main, ["data", *map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.output

    rows = [("RJ1", 2025, 12), ("RVJ", 2025, "*"), ("NR5", 2025, 3)]
    output = run("add", write.csv(tmp_path / "midwives_2025.csv", rows, HEADER))
    assert "midwives_2025: midwives_2025.csv" in output
    assert "left out: other organisation (1)" in output
    figures = read_figures("specialist_midwives", project=project).set_index("organisation_code")
    assert figures.loc["RJ1", ["value", "status"]].to_list() == [12, "ok"]
    assert figures.loc["RVJ", ["trust_code", "status"]].to_list() == ["RA7", "suppressed"]
    assert figures.loc["R1F", "status"] == "not_available"  # acute
    assert figures.loc["RX8", "status"] == "not_applicable"  # ambulances
    assert "midwives_2025.csv: row 2, Specialist midwives" in run("trace", "RJ1", "specialist_midwives")
    assert "The store is whole." in run("check", "--schema")


def test_next_years_header_is_read_and_a_wrong_cell_is_named(midwives, write, trust_list, tmp_path):
    path = write.csv(
        tmp_path / "a.csv", [("RJ1", 2026, 13)], ("Organisation Code", "Year to march", "Specialist Midwives")
    )
    loaded = midwives.read_midwives(path, trust_list)
    assert (loaded.source_id, loaded.figures["value"].max()) == ("midwives_2026", 13)
    path = write.csv(tmp_path / "b.csv", [("RJ1", 2026, "[c]")], HEADER)
    with pytest.raises(InputError, match=r"b.csv, row 2, Specialist midwives: The number of midwives is '\[c\]'"):
        midwives.read_midwives(path, trust_list)


def test_the_tables_that_the_guide_names_are_there():
    sources = GUIDE.parents[1] / "src" / "race_equality" / "sources" / "publications"
    text = GUIDE.read_text(encoding="utf-8")
    for name, module in re.findall(r"`([A-Z_]+)` in `(\w+\.py)`", text):
        assert re.search(rf"^{name} = ", (sources / module).read_text(encoding="utf-8"), re.MULTILINE), name
    tests = GUIDE.parents[1] / "tests" / "sources" / "test_workforce.py"
    assert "def test_older_layouts_give_the_same_figures" in tests.read_text(encoding="utf-8")
