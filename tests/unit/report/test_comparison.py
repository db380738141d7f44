"""What the page on which trusts are compared holds for its script."""

import json
import re
from datetime import date

import pandas as pd

from race_equality.analysis.comparison import compared_findings
from race_equality.report.comparison import comparison_form, page_data
from race_equality.store.trust import Succession
from race_equality.store.trusts import TrustList

HOSTILE = '</script><script>alert(1)</script> & "x" NHS Trust'
TRUSTS = pd.DataFrame(
    {
        "trust_code": ["RAA", "RAB", "DEMO"], "trust_name": ["Zed NHS Trust", HOSTILE, "Demonstration"], "kind": "acute",
        "region": "London", "system": "", "open_date": pd.NaT,
    }
)  # fmt: skip
SUCCESSIONS = [
    Succession("ROL", "Old", "RMI", date(2015, 4, 1), "merger", "test"),
    Succession("RMI", "Middle", "RAA", date(2020, 4, 1), "merger", "test"),
    Succession("RDI", "Divided", "RAA", date(2021, 10, 1), "divided", "test"),
    Succession("RDI", "Divided", "RAB", date(2021, 10, 1), "divided", "test"),
    Succession("RAA1", "A sector", "RAA", None, "unit of", "test"),
]
FINDINGS = pd.DataFrame(
    {
        "trust_code": ["RAA", "RAB"], "measure": "staff_survey_q16b", "group": "All staff", "unit": "percent",
        "period_start": pd.Timestamp(2024, 9, 1), "period_end": pd.Timestamp(2024, 11, 30), "value": [8.06, None],
        "lower": [7.54, None], "upper": [8.61, None], "people": [9790, None], "status": ["ok", "suppressed"],
    }
)  # fmt: skip


def test_the_page_holds_what_the_downloads_show_and_nothing_ends_its_data():
    data = page_data(compared_findings(FINDINGS, TRUSTS), [], TrustList(TRUSTS, SUCCESSIONS), ["A <b>source</b>"])
    markup = comparison_form(data).markup
    assert markup.count("<script") == markup.count("</script>") == 1
    assert "<b>" not in markup
    written = json.loads(re.search(r'<script type="application/json" id="compare-data">(.*?)</script>', markup)[1])
    assert [trust[:2] for trust in written["trusts"]] == [["RAB", HOSTILE], ["RAA", "Zed NHS Trust"]]
    (row,) = [row for row in written["rows"] if row["id"].startswith("staff_survey_q16b")]
    hidden, shown = row["cells"]
    assert written["statuses"][hidden] == written["hidden"] == "Too few people to show"
    assert shown[:4] == [8.1, 7.5, 8.6, 9790]
    assert written["periods"][shown[4]] == "autumn 2024"
    # the WRES has its nine rows whatever is published
    numbers = [row["name"].partition(".")[0] for row in written["rows"] if row["section"] == "wres"]
    assert sorted(set(numbers)) == [str(number) for number in range(1, 10)]
    assert written["closed"] == {
        "ROL": ["Old", "RAA", "1 April 2015"], "RMI": ["Middle", "RAA", "1 April 2020"], "RDI": ["Divided", "", "1 October 2021"],
    }  # fmt: skip
