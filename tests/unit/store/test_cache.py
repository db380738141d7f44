"""What is computed once is what would be computed each time."""

from __future__ import annotations

import datetime
import hashlib
import os
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from race_equality.store import cache
from race_equality.store.cache import cached, compute_all
from race_equality.store.figures import read_figures
from race_equality.store.result_folder import FOLDER_VARIABLE


@pytest.fixture
def figures():
    """Every kind of column that the store has."""
    return pd.DataFrame(
        {
            "trust_code": pd.Series(["A", "B", None], dtype="str"),
            "value": pd.array([1.5, None, 0.1 + 0.2], dtype="Float64"),
            "plain": [1.0, np.nan, -0.0],
            "period_end": pd.to_datetime(["2024-03-31", None, "2025-03-31"]).astype("datetime64[us]"),
            "number": [3, 2, 1],
            "is_ok": [True, False, True],
        }
    )


@pytest.fixture
def counted():
    """A function that counts how often it is computed."""
    calls = []

    @cached
    def total(figures, by="value", at=None):
        calls.append(by)
        return figures.assign(total=figures[by].sum())

    total.calls = calls
    return total


def test_the_same_content_is_computed_once(counted, figures):
    first = counted(figures)
    assert counted.calls == ["value"]
    for same in (figures, figures.copy(), figures.copy(deep=False), pd.DataFrame(dict(figures))):
        pd.testing.assert_frame_equal(counted(same), first, check_exact=True)
        pd.testing.assert_frame_equal(counted(figures=same, by="value"), first, check_exact=True)
    assert counted.calls == ["value"]


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(number=[3, 2, 2]),
        lambda f: f.assign(trust_code=pd.Series(["A", "C", None], dtype="str")),
        lambda f: f.assign(value=pd.array([1.5, 0.0, 0.1 + 0.2], dtype="Float64")),
        lambda f: f.assign(value=f["value"].astype("float64")),
        lambda f: f.assign(plain=[1.0, np.nan, 5e-324]),
        lambda f: f.iloc[::-1],
        lambda f: f.iloc[:2],
        lambda f: f.set_index("number", drop=False),
        lambda f: f.rename(columns={"is_ok": "fine"}),
        lambda f: f[f["number"] > 0].reset_index(drop=True).assign(is_ok=[True, True, True]),
    ],
)
def test_any_other_content_is_computed_anew(counted, figures, change):
    counted(figures)
    counted(change(figures))
    assert len(counted.calls) == 2


@pytest.mark.parametrize("column", ["trust_code", "value", "plain", "period_end", "number", "is_ok"])
def test_a_table_changed_in_place_is_seen(counted, figures, column):
    """The shortcut that recognises a table by its memory must not outlive a change to it."""
    counted(figures)
    other = {"trust_code": "Z", "period_end": pd.Timestamp("2030-01-01"), "is_ok": False}.get(column, 9)
    figures.loc[0, column] = other
    assert counted(figures).loc[0, column] == other
    assert len(counted.calls) == 2


def test_nobody_changes_what_is_kept(counted, figures):
    found = counted(figures)
    found.loc[:, "total"] = -1.0
    found["more"] = 1
    again = counted(figures)
    assert (again["total"] == 1.5 + (0.1 + 0.2)).all()
    assert "more" not in again

    @cached
    def nested(figures):
        return {"tables": [figures], "codes": {"A"}, "array": np.arange(3)}

    kept = nested(figures)
    kept["tables"][0].loc[0, "number"] = 99
    kept["tables"].append(None)
    kept["codes"].add("B")
    kept["array"][0] = 7
    again = nested(figures)
    assert again["tables"][0].loc[0, "number"] == 3 and len(again["tables"]) == 1
    assert again["codes"] == {"A"} and again["array"].tolist() == [0, 1, 2]


def test_other_arguments_count(counted, figures):
    for at in (
        None,
        1,
        1.0,
        "1",
        True,
        "True",
        "None",
        datetime.date(2025, 1, 1),
        ("a", "b"),
        ("ab",),
        {"a", "b"},
        {"a": 1},
        np.array([1, 2]),
        figures["number"],
        figures["number"] + 1,
        np.int64(1),
    ):
        before = len(counted.calls)
        counted(figures, at=at)
        assert len(counted.calls) == before + 1, at
        counted(figures, at=at)
        assert len(counted.calls) == before + 1, at
    before = len(counted.calls)
    counted(figures, at={"b", "a"})
    assert len(counted.calls) == before


def test_an_argument_of_an_unknown_kind_is_computed_each_time(counted, figures):
    for _ in range(2):
        counted(figures, at=lambda: None)  # cannot be pickled
    assert len(counted.calls) == 2


def test_an_error_is_raised_each_time(figures):
    @cached
    def fails(figures):
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            fails(figures)


def test_another_process_reads_what_one_computed(tmp_path, monkeypatch):
    """To the last bit and dtype, and what a damaged file held is computed and kept again."""
    program = textwrap.dedent(
        """
        import sys
        import numpy as np, pandas as pd
        from race_equality.store.cache import cached

        @cached
        def found(figures):
            print("computed")
            return figures.assign(third=figures["value"] / 3).set_index("name")

        figures = pd.DataFrame({
            "name": pd.Series(["x", "y"], dtype="str"), "value": [0.1, np.nan],
            "kind": pd.Categorical(["b", "a"], categories=["b", "a"], ordered=True),
            "count": pd.array([1, None], dtype="Int64"),
            "day": pd.to_datetime(["2024-01-01", None]).astype("datetime64[us]"),
        })
        table = found(figures)
        print([str(d) for d in table.dtypes], table.index.name, table["third"].iloc[0].hex(), list(table["kind"].cat.categories))
        """
    )

    def run():
        return subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {FOLDER_VARIABLE: str(tmp_path)},
        ).stdout.splitlines()

    first = run()
    assert first[0] == "computed"
    assert (0.1 / 3).hex() in first[1]
    assert run() == first[1:]
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    assert run() == first
    assert file.read_bytes() == content


def test_a_bit_flipped_anywhere_is_noticed(tmp_path, monkeypatch, counted, figures):
    """Also in Parquet's header and footer, which its own checksums leave out: a build was ended by one, for good."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    right = counted(figures)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    name, _, key = file.stem.rpartition("-")
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert cache._read(name, key) is None, place
    counted.forget()
    pd.testing.assert_frame_equal(counted(figures), right)
    assert len(counted.calls) == 2
    assert file.read_bytes() == content  # made again


def test_what_is_forgotten_is_computed_again_and_its_tables_are_let_go(counted, figures):
    right = counted(figures)
    cache.forget_results()
    assert not cache._hashed
    pd.testing.assert_frame_equal(counted(figures), right)
    assert len(counted.calls) == 2


def test_what_arrow_would_change_stays_in_memory(tmp_path, monkeypatch, figures):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    @cached
    def lists(figures):
        return pd.DataFrame({"codes": [["A"], ["B", "C"]]})

    @cached
    def number(figures):
        return 7

    assert lists(figures)["codes"].tolist() == lists(figures)["codes"].tolist() == [["A"], ["B", "C"]]
    assert number(figures) == 7
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path, monkeypatch, counted, figures):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "gone" / "for good"))
    counted(figures)
    counted(figures)
    assert len(counted.calls) == 1


def test_functions_of_figures_alone_are_computed_ahead(figures):
    calls = []

    @cached
    def ahead(figures, label="all"):
        calls.append(label)
        return figures

    @cached
    def of_one_trust(figures, trust_code):
        calls.append(trust_code)
        return figures

    @cached
    def fails(figures):
        raise ValueError("no")

    compute_all(figures)
    assert calls == ["all"]
    ahead(figures)
    assert calls == ["all"]


def test_what_takes_rules_and_trusts_as_well_is_computed_ahead(tmp_path, monkeypatch, figures):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    calls = []

    @cached(to_disk=True)
    def with_rules(figures, trusts, *, rules=None):
        calls.append((trusts, rules))
        return figures[["number"]]

    @cached(to_disk=True)
    def with_peers(figures, trusts, *, rules, peers=None):
        calls.append("not ahead")
        return figures

    compute_all(figures, rules="the rules", trusts="the trusts")
    with_rules(figures, "the trusts", rules="the rules")
    assert calls == [("the trusts", "the rules")]
    with_rules(figures, "the trusts")  # without rules it is another result
    assert calls[1:] == [("the trusts", None)]


def test_a_table_that_is_asked_about_stays_known(monkeypatch, figures):
    """However many other tables are hashed in between; the one asked about last is kept longest."""
    monkeypatch.setattr(cache, "_hashed", [])
    digest = cache._content(figures)
    for number in range(2 * cache._HASHED_AT_MOST):
        cache._content(figures.assign(number=float(number)))
        assert cache._content(figures) == digest
        assert cache._hashed[-1].digest == digest
    assert len(cache._hashed) == cache._HASHED_AT_MOST


def test_a_table_that_was_changed_in_place_is_another(monkeypatch, figures):
    monkeypatch.setattr(cache, "_hashed", [])
    before = cache._content(figures)
    figures.loc[figures.index[0], "number"] += 1
    assert cache._content(figures) != before
    figures.loc[figures.index[0], "number"] -= 1
    assert cache._content(figures) == before


def test_all_figures_are_recognised(monkeypatch):
    """The store's own table is hashed once, however often it is asked about."""
    monkeypatch.setattr(cache, "_hashed", [])
    hashed, blake2b = [], hashlib.blake2b
    monkeypatch.setattr(cache.hashlib, "blake2b", lambda **more: hashed.append(1) or blake2b(**more))
    figures = read_figures()
    first = cache._content(figures)
    for same in (figures, figures.copy(deep=False), figures.copy(), read_figures()):
        assert cache._content(same) == first
    assert len(hashed) == 1
    changed = figures.copy(deep=False)
    changed.loc[100, "numerator"] = 1234567.0
    assert cache._content(changed) != first
    assert cache._content(figures.iloc[1:]) != first


def test_what_goes_to_disk(tmp_path, monkeypatch, figures):
    """What is computed of all figures, and what asks for it: not a file for each trust."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    @cached
    def of_figures(figures, code="ENG"):
        return figures[["number"]]

    @cached(to_disk=True)
    def asks(figures, trust_code):
        return figures[["number"]]

    of_figures(figures, "RJ1")
    assert list(tmp_path.iterdir()) == []
    of_figures(figures)
    of_figures(figures, code="ENG")
    assert len(list(tmp_path.iterdir())) == 1
    asks(figures, "RJ1")
    assert len(list(tmp_path.iterdir())) == 2
