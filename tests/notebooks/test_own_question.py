"""The question that docs/own_question.md asks, run as it stands there."""

import re
from pathlib import Path

import pytest
from scipy import stats

PAGE = Path(__file__).parents[2] / "docs" / "own_question.md"


@pytest.fixture(scope="module")
def asked():
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)
    return names


def test_the_question_is_asked_of_every_acute_trust_with_both_figures(asked):
    assert len(asked["table"]) == 120
    assert set(asked["table"]["kind"]) == {"acute"}
    assert "DEMO" not in asked["table"].index
    assert not asked["rows"][["x", "y"]].isna().any(axis=None)


def test_the_answer_is_what_another_library_finds_within_london_and_elsewhere(asked):
    """Ranks less their mean within London and elsewhere, correlated by SciPy."""
    table = asked["table"]
    ranks = table[["deprivation", "gap"]].astype(float).rank()
    within = ranks - ranks.groupby(table["region"] == "London").transform("mean")
    assert asked["found"].estimate == pytest.approx(stats.pearsonr(within["deprivation"], within["gap"]).statistic)
    assert asked["found"].lower < asked["found"].estimate < asked["found"].upper
