"""Deeds, not words: an action that only gathers data is told from one that changes something."""

import pytest

from race_equality.params.wording import is_only_data


@pytest.mark.parametrize(
    "what",
    [
        "Collect more data on ethnicity",
        "Gather data",
        "Monitor recruitment outcomes",
        "Continue to monitor and report",
        "Review the WRES data",
        "REVIEW WRES DATA annually, and report to the board",
        "We will review our figures quarterly",
        "Undertake a deep dive into disciplinary cases",
        "Produce a dashboard",
        "Develop a race equality dashboard for the people committee",
        "Report to the board every quarter",
        "Quarterly reporting to the board",
        "Ongoing monitoring of shortlisting",
        "Improve declaration rates",
        "Carry out an audit of interview panels",
        "Commission an independent review of recruitment",
        "Publish the WRES return",
        "Analyse survey results by ethnic group, and discuss them with staff",
        "Further data collection",
        "Data collection on promotion and pay",
        "Collect recruitment and pay gap data",
        "Hold listening events with staff",
        "Run focus groups and collect feedback",
        "Regularly review progress",
        "Review",
        "Improve data quality and completeness",
        "Monitor data and make recommendations",
        "The board will receive regular reports",
        "Set up monitoring",
        "Review recruitment data to understand the reasons",
        "Monitor pay and change over time",
    ],
)
def test_knowing_more_is_not_a_deed(what):
    assert is_only_data(what)


@pytest.mark.parametrize(
    "what",
    [
        "Review each case with a panel that can stop it, before it becomes formal",
        "Replace unstructured interviews with scored ones for every post at band 8a and above",
        "Stop advertising acting-up posts by word of mouth",
        "Introduce a review panel for disciplinary cases that can stop them",
        "Require a decision by two people before a formal disciplinary process begins",
        "Review the WRES data and change how panels are chosen",
        "Publish the pay band of every post before it is advertised",
        "Give every complainant a named director",
        "Every shortlist for band 8a has a panel with an independent member",
        "Audit panels and withdraw chairing rights from those who skip training",
        "Introduce reporting lines for complaints outside of the directorate",
        "Make reporting of abuse lead to a warning letter to the patient within seven days",
        "Set targets for each division, tied to directors' appraisal",
        "Develop managers from ethnic minorities through a sponsorship programme",
        "Use a data-free shortlisting process: names are removed",
        "Ensure interview panels have a trained independent member",
        "كل لجنة تضم عضوا مستقلا",  # not in English: let through, never judged
    ],
)
def test_a_change_is_let_through(what):
    assert not is_only_data(what)
