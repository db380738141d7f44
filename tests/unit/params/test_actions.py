"""What a board may say of itself and of what it will do, and what is refused, with its line."""

from __future__ import annotations

import dataclasses
import json
import ssl
from datetime import date
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
import yaml

from race_equality.errors import InputError
from race_equality.params import check_params, read_params
from race_equality.params.actions import AREAS, BOARD_ROLES, INDICATORS
from race_equality.params.links import NoNetworkError, broken_links
from race_equality.params.starter import carry_forward
from race_equality.project import Project

ACTION = """\
actions:
  - what: Two directors decide together before a disciplinary process may begin
    owner: Chief nurse
    indicator: wres_3
    began: 2025-04-01
    due: 2026-03-31
    status: under way
    review: {date: 2026-04-30}
"""

EVIDENCE = "    evidence: {text: Minutes, link: 'https://www.example.nhs.uk/minutes', date: 2026-03-26}\n"


@pytest.fixture
def project(small_project: Path) -> Project:
    return Project(small_project)


def write(project: Project, text: str) -> None:
    (project.params / "trusts" / "RJ1.yml").write_text(text, encoding="utf-8")


def problems(project: Project, text: str, **more) -> tuple[str, ...]:
    write(project, text)
    found = check_params(project=project, **more).problems
    if found and not more:
        with pytest.raises(InputError) as error:  # a report is never made from it
            read_params("RJ1", project=project)
        assert str(error.value) == found[0]
    return found


def test_an_action_is_read(project):
    assert problems(project, ACTION) == ()
    (action,) = read_params("RJ1", project=project).actions
    assert dataclasses.asdict(action) == {
        "what": "Two directors decide together before a disciplinary process may begin",
        "owner": "Chief nurse",
        "indicator": "wres_3",
        "began": date(2025, 4, 1),
        "due": date(2026, 3, 31),
        "status": "under way",
        "review": {"date": date(2026, 4, 30), "decision": None},
        "evidence": None,
        "target": None,
    }


@pytest.mark.parametrize(
    ("indicator", "written", "target"),
    [("wres_3", "1.1", 1.1), ("wres_7", "-4", -4.0), ("staff_survey_q16b", "9", 9.0), ("wres_9", "0", 0.0)],
)
def test_a_target_is_read_as_the_report_shows_the_figure(project, indicator, written, target):
    write(project, ACTION.replace("wres_3", indicator) + f"    target: {written}\n")
    assert read_params("RJ1", project=project).actions[0].target == target


@pytest.mark.parametrize(
    ("indicator", "written", "said"),
    [
        ("wres_3", "soon", "target must be a number, not text ('soon')"),
        ("wres_3", "yes", "target must be a number, not a yes/no value (True)"),
        ("wres_3", ".nan", "target must be a number"),
        ("wres_3", "0", "target is 0, which Entering the formal disciplinary process cannot be"),
        ("staff_survey_q16b", "-3", "target is -3"),
        ("wres_8", "400", "Write it as the report shows the figure: gaps in points"),
        ("wres_1", "10", "Staff by pay band is many figures, and no single target can be set for it."),
    ],
)
def test_a_target_that_the_indicator_cannot_be_is_refused(project, indicator, written, said):
    (found,) = problems(project, ACTION.replace("wres_3", indicator) + f"    target: {written}\n")
    assert found.startswith("RJ1.yml, line 9: ")
    assert said in found


def test_a_target_stays_when_a_year_is_carried_forward(project):
    write(project, ACTION + "    target: 1.1\n")
    carry_forward("RJ1", project=project, today=date(2026, 6, 1))
    assert read_params("RJ1", project=project).actions[0].target == 1.1


def test_the_day_it_is_due_is_not_late_and_the_next_is(project):
    write(project, ACTION)
    (action,) = read_params("RJ1", project=project).actions
    assert [action.is_late(date(2026, 3, 31)), action.is_late(date(2026, 4, 1))] == [False, True]
    assert [action.awaits_decision(date(2026, 4, 30)), action.awaits_decision(date(2026, 5, 1))] == [False, True]
    done = dataclasses.replace(action, status="done")
    assert not done.is_late(date(2030, 1, 1))
    assert not done.awaits_decision(date(2030, 1, 1))


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        ("Race equality staff network", "A staff network advises the board"),
        ("EDI lead", "An equality lead alone cannot change what others decide"),
        ("Head of equality, diversity and inclusion", "An equality lead alone"),
        ("Company secretary", "The company secretary serves the board"),
        ("Everyone", "What everybody owns nobody owns"),
        ("The board", "What everybody owns nobody owns"),
        ("Non-executive director", "A board has several"),
        ("Lead non-executive director for equality", "A board has several: name the seat that one of them holds."),
        ("Chair and Chief executive", "are 2 owners. One role answers for an action: Chair or Chief executive."),
        ("Chief executive (Ada Example)", "Write Chief executive alone: no owner's name or ethnicity is stored."),
        (
            "Ada Example",
            "is not a board role. A role, never a name, owns an action. Write a board role, such as Chief executive",
        ),
        ("Cheif nurse", 'Did you mean "Chief nurse"?'),
        ("Ward manager", "is not a board role"),
    ],
)
def test_an_owner_who_is_no_board_role_is_refused_with_the_reason(project, owner, said):
    (found,) = problems(project, ACTION.replace("Chief nurse", f'"{owner}"'))
    assert found.startswith("RJ1.yml, line 3: ")
    assert said in found


@pytest.mark.parametrize("role", BOARD_ROLES)
def test_every_role_can_own(project, role):
    write(project, ACTION.replace("Chief nurse", role.upper()))
    assert read_params("RJ1", project=project).actions[0].owner == role


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("Executive director of nursing", "Director of nursing"),
        ("Interim Chief Nurse", "Chief nurse"),
        ("Group chief executive", "Chief executive"),
        ("Director of people & culture", "Director of people and culture"),
        ("Vice-chair", "Vice chair"),
    ],
)
def test_a_role_is_known_by_how_trusts_write_it(project, written, role):
    write(project, ACTION.replace("Chief nurse", written))
    assert read_params("RJ1", project=project).actions[0].owner == role


SENTENCE = "Two directors decide together before a disciplinary process may begin"


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("    owner", "\towner"), 3, "There is a tab in the margin. Use spaces"),
        (("    owner", "   owner"), 3, "The line is not below the lines it belongs with. Give it as many spaces"),
        (("    owner", "     owner"), 3, "or the line has more space before it than the line it goes with"),
        ((SENTENCE, "Stop: no post without an advertisement"), 2, "Put a text with a colon into quotation marks"),
        ((SENTENCE, '"Stop" acting up without an advertisement'), 2, "Something follows a closing quotation mark."),
        ((SENTENCE, '"Stop acting up'), 2, "A quotation mark is opened and not closed."),
        ((SENTENCE, "@everybody stops"), 2, "A text begins with a sign that has a meaning of its own"),
        (("{date: 2026-04-30}", "{date: 2026-04-30"), 8, "Close it: [RJ1, RRK] or {date: 2026-09-30}."),
        ((SENTENCE, "Answer every #MeToo report in a week"), 2, 'action 1\'s what ends before the sign "#"'),
    ],
)
def test_a_slip_of_the_keyboard_is_named_without_the_parser_s_words(project, change, line, said):
    (found,) = problems(project, ACTION.replace(*change))
    assert said in found
    assert "YAML" not in found
    assert "<" not in found
    assert found.startswith(f"RJ1.yml, line {line}: ")


@pytest.mark.parametrize("what", ['"Answer every #MeToo report in a week"', "Answer in a week  # agreed in May", "C#"])
def test_a_remark_is_a_remark_and_a_sign_in_quotation_marks_is_text(project, what):
    assert problems(project, ACTION.replace(SENTENCE, what)) == ()


def test_typographic_quotation_marks_are_text_and_in_a_link_are_named(project):
    assert problems(project, ACTION.replace(SENTENCE, "“Stop” acting up without an advertisement")) == ()
    (found,) = problems(
        project, ACTION + EVIDENCE.replace("'https://www.example.nhs.uk/minutes'", "“https://www.example.nhs.uk”")
    )
    assert "typographic quotation marks" in found


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (
            ("Two directors decide together before a disciplinary process may begin", "Monitor disciplinary data"),
            2,
            "action 1's what gathers, watches or reports data and changes nothing. Say what people here will do",
        ),
        (("wres_3", "wres_33"), 4, 'action 1\'s indicator is "wres_33". Did you mean "wres_3"? Indicators: wres_1'),
        (("wres_3", "[wres_3]"), 4, "must be text, not a list"),
        (("due: 2026-03-31", "due: 2025-03-31"), 6, "action 1 is due before it began"),
        (("due: 2026-03-31", "due: 31/03/2026"), 6, "must be a date, not text ('31/03/2026'). Write 2026-09-30"),
        (("due: 2026-03-31", "due: 2026-02-30"), 6, "action 1's due cannot be read: day"),
        (("due: 2026-03-31", "due: 2926-03-31"), 6, "is in the year 2926"),
        (("due: 2026-03-31", "due: 2026-03-31T10:00:00"), 6, "not a date with a time"),
        (("date: 2026-04-30", "date: 2025-03-31"), 8, "action 1 is reviewed before it began"),
        (("status: under way", "status: finished"), 7, 'action 1\'s status is "finished"'),
        (("status: under way", "status: done"), 7, "action 1 is done without evidence"),
        (("status: under way", "status: stopped"), 7, "stopped without the board's decision"),
        (("{date: 2026-04-30}", "{date: 2026-04-30, decision: stop}"), 7, "decided to stop it, and it is under way"),
        (("{date: 2026-04-30}", "{decision: stop}"), 8, 'lacks "date"'),
        (("    owner: Chief nurse\n", ""), 2, 'action 1 lacks "owner".'),
        (
            ("owner: Chief nurse", "owner: Chief nurse\n    ethnicity: White"),
            4,
            'The key "ethnicity" has no place here. A role owns an action: no owner\'s name or ethnicity is stored.',
        ),
        (("owner: Chief nurse", 'owner: Chief nurse\n    name: "A. Example"'), 4, "no owner's name or ethnicity"),
        (("owner: Chief nurse", "owner: Chief nurse\n    score: 3"), 4, 'Unknown key "score"'),
        (("Two directors", '"\\0Two directors'), 2, "A quotation mark is opened and not closed"),
        (
            ("Two directors decide together before a disciplinary process may begin", '"Two\\adirectors decide"'),
            2,
            "holds a control character",
        ),
        (
            ("Two directors decide together before a disciplinary process may begin", '"Two \\ud800 directors"'),
            2,
            "holds a control character",
        ),
    ],
)
def test_what_is_no_action_is_named_with_its_line(project, change, line, said):
    assert change[0] in ACTION
    (found,) = problems(project, ACTION.replace(*change))
    assert said in found
    assert f"line {line}: " in found


def test_every_problem_of_a_file_is_named_in_the_order_of_lines(project):
    text = ACTION.replace("Chief nurse", "EDI lead").replace("wres_3", "wres_30").replace("under way", "finished")
    text = "colour: red\npeers: [NOWHERE]\n" + text + "  - what: Gather data\n"
    found = problems(project, text)
    assert [message.split(":")[0].removeprefix("RJ1.yml, line ") for message in found] == [
        "1",
        "2",
        "5",
        "6",
        "9",
        "11",
        "11",
    ]


def three(owners: list[str]) -> str:
    first = ACTION.removeprefix("actions:\n")
    return "actions:\n" + "".join(
        first.replace("Two directors", f"{number} directors").replace("Chief nurse", owner)
        for number, owner in enumerate(owners, start=2)
    )


def test_nobody_owns_everything(project):
    (found,) = problems(project, three(["Chief nurse"] * 3))
    assert found == (
        "RJ1.yml, line 2: Chief nurse owns all 3 actions. Share them between board roles: nobody owns everything."
    )
    assert problems(project, three(["Chief nurse"] * 2)) == ()
    assert problems(project, three(["Chief nurse", "Chief nurse", "Chair"])) == ()


def test_the_same_action_twice(project):
    text = ACTION + ACTION.removeprefix("actions:\n")
    assert "The same action is listed twice" in problems(project, text)[0]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://www.example.nhs.uk", "does not begin with https://"),
        ("javascript:alert(1)", "does not begin with https://"),
        ("www.example.nhs.uk/minutes", "does not begin with https://"),
        ("https://", "is not a complete address"),
        ("https://minutes", "is not a complete address"),
        ("https://www.example.nhs.uk/a b", "is not a complete address"),
        ("https://www..example.nhs.uk", "is not a complete address"),
        ("https://www.example.nhs.uk:port/", "is not an address"),
        ("https://[::1", "is not an address"),
        ("https://me:secret@www.example.nhs.uk/", "holds a user name or a password"),
        ('https://www.example.nhs.uk/"><script>', "is not a complete address"),
    ],
)
def test_a_broken_link_is_named(project, link, said):
    text = ACTION + EVIDENCE.replace("https://www.example.nhs.uk/minutes", link)
    (found,) = problems(project, text)
    assert found.startswith("RJ1.yml, line 9: action 1's evidence.link ")
    assert said in found
    assert "secret" not in found


@pytest.mark.parametrize(
    "link",
    [
        "https://www.example.nhs.uk/minutes",
        "https://example.org:8443/a?b=c#d",
        "https://münchen.example/ü",
        "https://xn--mnchen-3ya.example/%20",
    ],
)
def test_a_good_link_is_kept(project, link):
    write(project, ACTION + EVIDENCE.replace("https://www.example.nhs.uk/minutes", link))
    assert read_params("RJ1", project=project).actions[0].evidence.link == link


ASSESSMENT = """\
self_assessment:
  agreed: 2026-09-24
  patients: {level: under way}
  board_business:
    level: embedded
    evidence: {text: Minutes, link: 'https://www.example.nhs.uk/minutes', date: 2026-03-26}
"""


def test_a_self_assessment_is_read_in_the_order_of_areas(project):
    assert problems(project, ASSESSMENT) == ()
    assessment = read_params("RJ1", project=project).self_assessment
    assert assessment.agreed == date(2026, 9, 24)
    assert [(area.id, area.level) for area in assessment.areas] == [
        ("board_business", "embedded"),
        ("patients", "under way"),
    ]


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        ((", date: 2026-03-26", ""), 5, '"embedded" without a dated link to evidence'),
        (
            ("    evidence: {text: Minutes, link: 'https://www.example.nhs.uk/minutes', date: 2026-03-26}\n", ""),
            5,
            '"embedded" without a dated link to evidence. Add evidence with text, link and date, or say "in place".',
        ),
        (("under way", "excellent"), 3, 'patients.level is "excellent". Levels: not started'),
        (("under way", "3"), 3, "must be text, not a whole number (3)"),
        (("{level: under way}", "{note: soon}"), 3, 'self_assessment.patients lacks "level"'),
        (("  agreed: 2026-09-24\n", ""), 2, 'self_assessment lacks "agreed"'),
        (("patients", "score"), 3, 'Unknown key "score"'),
        (("'https://www", "'http://www"), 6, "does not begin with https://"),
    ],
)
def test_what_is_no_self_assessment_is_named_with_its_line(project, change, line, said):
    assert change[0] in ASSESSMENT
    (found,) = problems(project, ASSESSMENT.replace(*change))
    assert found.startswith(f"RJ1.yml, line {line}: ")
    assert said in found


def test_evidence_of_the_future_is_named_by_a_check(project):
    text = ACTION + EVIDENCE
    assert problems(project, text, today=date(2026, 3, 26)) == ()
    (found,) = problems(project, text, today=date(2026, 3, 25))
    assert "line 9: action 1's evidence.date lies in the future." in found


def test_history_holds_what_has_ended(project):
    history = (ACTION + EVIDENCE).replace("actions:", "history:")
    assert 'history 1\'s status is "under way"' in problems(project, history)[0]
    assert problems(project, history.replace("under way", "done")) == ()
    assert [action.status for action in read_params("RJ1", project=project).history] == ["done"]


@pytest.mark.parametrize("text", ["actions:\n", "actions: []\n", "self_assessment:\nhistory:\n"])
def test_nothing_yet_is_no_problem(project, text):
    assert problems(project, text) == ()
    params = read_params("RJ1", project=project)
    assert (params.actions, params.history, params.self_assessment) == ((), (), None)


def test_the_day_of_the_report_is_the_trusts_or_everybodys(project):
    defaults = project.params / "_defaults.yml"
    assert read_params("RJ1", project=project).report_date is None
    defaults.write_text(defaults.read_text(encoding="utf-8") + "report_date: 2026-10-01\n", encoding="utf-8")
    assert read_params("RJ1", project=project).report_date == date(2026, 10, 1)
    write(project, "report_date: 2026-11-26\n")
    assert read_params("RJ1", project=project).report_date == date(2026, 11, 26)


def test_markup_and_other_alphabets_are_kept_as_they_were_typed(project):
    typed = "<script>alert(1)</script> &amp; مرحبا **bold** " + "x" * 5000
    write(
        project,
        ACTION.replace("Two directors decide together before a disciplinary process may begin", json.dumps(typed)),
    )
    assert read_params("RJ1", project=project).actions[0].what == typed


# ------------------------------------------------------------------------------ new, carried forward


def uncommented(text: str) -> str:
    """Take the # away from the blocks of examples, as a person does."""
    lines, inside = [], False
    for line in text.splitlines():
        inside = (inside and line.startswith("#")) or line in ("# self_assessment:", "# actions:")
        lines.append(line.removeprefix("#").removeprefix(" ") if inside else line)
    return "\n".join(lines)


def test_a_new_file_teaches_and_can_be_used_as_it_is(race_equality, project):
    end = race_equality.in_this_process("params", "new", "rj1")
    assert end.returncode == 0, end.stderr
    file = project.params / "trusts" / "RJ1.yml"
    text = file.read_text(encoding="utf-8")
    assert yaml.safe_load(text) is None  # remarks alone
    for word in (*AREAS, *INDICATORS, "Guy's and St Thomas'", "params check"):
        assert word in text
    assert check_params(project=project).problems == ()
    file.write_text(uncommented(text), encoding="utf-8")
    assert check_params(project=project).problems == ()
    params = read_params("RJ1", project=project)
    assert len(params.actions) == 2
    assert len(params.self_assessment.areas) == len(AREAS)


def test_a_file_is_never_written_over(race_equality, project):
    write(project, "peers: [RRK]\n")
    end = race_equality.in_this_process("params", "new", "RJ1")
    assert end.returncode == 2
    assert "RJ1.yml: There is a file already; it is never written over." in end.stderr
    assert (project.params / "trusts" / "RJ1.yml").read_text(encoding="utf-8") == "peers: [RRK]\n"
    assert [path.name for path in (project.params / "trusts").iterdir()] == ["RJ1.yml"]


def test_an_unknown_code_writes_nothing(race_equality, project):
    end = race_equality.in_this_process("params", "new", "../RJ1")
    assert end.returncode == 2
    assert list((project.params / "trusts").iterdir()) == []


def test_next_year_goes_on_where_this_one_ended(race_equality, project):
    last_year = (
        "peers: [RRK, RAE]\nsettings: {peer_count: 7}\nreport_date: 2026-03-26\n"
        + ASSESSMENT
        + ACTION
        + (ACTION + EVIDENCE).removeprefix("actions:\n").replace("under way", "done").replace("Two", "Three")
        + ACTION.removeprefix("actions:\n")
        .replace("under way", "stopped")
        .replace("Two", "Four")
        .replace("2026-04-30}", "2026-04-30, decision: stop}")
        .replace("Chief nurse", "Chair")
    )
    write(project, last_year)
    before = read_params("RJ1", project=project)
    end = race_equality.in_this_process("params", "new", "RJ1", "--from-last-year")
    assert end.returncode == 0, end.stderr
    assert "1 open, 2 to history" in end.stdout
    after = read_params("RJ1", project=project)
    assert after.actions == (before.actions[0],)  # with its own dates, so that it shows as late
    assert after.actions[0].is_late(date(2026, 11, 26))
    assert after.history == before.actions[1:]
    assert (after.peers, after.settings, after.self_assessment) == (
        before.peers,
        before.settings,
        before.self_assessment,
    )
    assert after.report_date is None  # last year's day is over
    (earlier,) = (project.params / "earlier").iterdir()
    assert earlier.read_text(encoding="utf-8") == last_year
    again = race_equality.in_this_process("params", "new", "RJ1", "--from-last-year")
    assert again.returncode == 2
    assert "carried forward today already" in again.stderr
    assert read_params("RJ1", project=project) == after


def test_there_is_no_last_year_without_a_file(race_equality):
    end = race_equality.in_this_process("params", "new", "RJ1", "--from-last-year")
    assert end.returncode == 2
    assert "There is no file of last year. Begin one: race-equality params new RJ1" in end.stderr


def test_a_check_says_what_is_late_and_what_waits_for_the_board_and_finds_nothing_wrong_with_it(race_equality, project):
    write(project, ACTION.replace("2026-03-31", "2025-05-01").replace("2026-04-30", "2025-06-01"))
    end = race_equality.in_this_process("params", "check")
    assert end.returncode == 0
    assert "params/ is in order." in end.stdout
    assert "RJ1, today: 1 action is late, and for 1 the day of the review has passed without a decision." in end.stdout


def test_roles_are_listed(race_equality, project):
    assert race_equality.in_this_process("params", "roles").stdout.splitlines() == list(BOARD_ROLES)


# -------------------------------------------------------------------------------------------- online


def links(project, *addresses):
    text = three(["Chief nurse", "Chair", "Medical director"][: len(addresses)]).rstrip("\n") + "\n"
    blocks = text.split("  - ")
    blocks[1:] = [
        block + EVIDENCE.replace("https://www.example.nhs.uk/minutes", address)
        for block, address in zip(blocks[1:], addresses, strict=True)
    ]
    write(project, "  - ".join(blocks))
    checked = check_params(project=project)
    assert checked.problems == ()
    return checked.links


def server(answers):
    def open_link(address):
        if answers[address] is not None:
            raise answers[address]

    return open_link


def test_a_link_that_does_not_open_is_named_with_its_line(project):
    good, gone, locked = (f"https://example.org/{name}" for name in ("good", "gone", "locked"))
    found = broken_links(
        links(project, good, gone, locked),
        open_link=server(
            {
                good: None,
                gone: HTTPError(gone, 404, "Not Found", Message(), None),
                locked: HTTPError(locked, 403, "Forbidden", Message(), None),
            }
        ),
    )
    assert found == [
        f"RJ1.yml, line 17: {gone} does not open. The server answers 404 (Not Found). Correct the link.",
        f"RJ1.yml, line 25: {locked} does not open. The server answers 403 (Forbidden). "
        "Readers of the report would need to sign in. Correct the link.",
    ]


def test_without_a_network_nothing_is_said_of_any_link(project):
    address = "https://example.org/minutes"
    unreachable = URLError(OSError("Network is unreachable"))
    with pytest.raises(NoNetworkError, match="this machine may have no network"):
        broken_links(links(project, address), open_link=server({address: unreachable}))


def test_a_certificate_that_cannot_be_trusted_is_no_missing_network(project):
    address = "https://example.org/minutes"
    error = URLError(ssl.SSLCertVerificationError(1, "certificate verify failed"))
    (found,) = broken_links(links(project, address), open_link=server({address: error}))
    assert "Its certificate cannot be trusted" in found


def test_without_links_no_network_is_needed():
    assert broken_links([]) == []
