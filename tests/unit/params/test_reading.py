"""Who a report is for: what is read, and what is refused with its file and line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from race_equality.errors import InputError, UnknownTrustError
from race_equality.params import Settings, Threshold, check_params, read_params
from race_equality.project import Project

DEFAULTS = """\
settings:
  peer_count: 10
  minimum_responses: {value: 11, source: the survey}
  minimum_people: {value: 10, source: the workforce}
"""


@pytest.fixture
def project(small_project: Path) -> Project:
    (small_project / "params" / "_defaults.yml").write_text(DEFAULTS, encoding="utf-8")
    return Project(small_project)


def write(project: Project, text: str, code: str = "RJ1") -> None:
    (project.params / "trusts" / f"{code}.yml").write_text(text, encoding="utf-8")


def problem(project: Project, text: str) -> str:
    write(project, text)
    with pytest.raises(InputError) as error:
        read_params("RJ1", project=project)
    assert check_params(project=project).problems == (str(error.value),)
    return str(error.value)


def test_defaults_alone(project):
    params = read_params("RJ1", project=project)
    assert params.trust_code == "RJ1"
    assert params.peers is None
    assert params.settings == Settings(10, Threshold(11, "the survey"), Threshold(10, "the workforce"))
    assert params.files == ("params/_defaults.yml",)


def test_a_trusts_own_file_goes_over_the_defaults(project):
    write(project, "peers: [RRK, rae]\nsettings:\n  peer_count: 7\n")
    params = read_params("rj1", project=project)
    assert params.peers == ("RRK", "RAE")
    assert params.settings.peer_count == 7
    assert params.settings.minimum_people == Threshold(10, "the workforce")
    assert params.files == ("params/_defaults.yml", "params/trusts/RJ1.yml")


def test_peers_that_merged_are_their_successors(project):
    write(project, "peers: [RNK]\n")  # Tavistock and Portman merged into G6V2S on 1 April 2026
    assert read_params("RJ1", project=project).peers == ("G6V2S",)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "settings:\n"])
def test_a_file_may_say_nothing(project, text):
    write(project, text)
    assert read_params("RJ1", project=project).peers is None


def test_nothing_in_it_can_be_changed(project):
    write(project, "peers: [RRK]\n")
    params = read_params("RJ1", project=project)
    for value, name in [(params, "peers"), (params.settings, "peer_count"), (params.settings.minimum_people, "value")]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)
    assert hash(params) == hash(read_params("RJ1", project=project))  # immutable all through


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("peer: [RRK]\n", 'RJ1.yml, line 1: Unknown key "peer". Did you mean "peers"?'),
        (
            "settings:\n  # more\n  peers_count: 9\n",
            'RJ1.yml, line 3: Unknown key "peers_count". Did you mean "peer_count"?',
        ),
        ("settings:\n  colour: red\n", 'line 2: Unknown key "colour". Known keys: peer_count'),
        # Every word and interval says 95%: a setting would make them untrue.
        ("settings:\n  confidence_level: 0.99\n", 'line 2: Unknown key "confidence_level"'),
        ("1: x\n", 'line 1: Unknown key "1". Known keys: '),
        ("settings:\n  peer_count: yes\n", "not a yes/no value (True)"),
        ("settings:\n  peer_count: .nan\n", "not a number (nan)"),
        ("settings:\n  peer_count: ten\n", "must be a whole number from 3 to 100, not text ('ten')"),
        ("settings:\n  peer_count: 2\n", "not a whole number (2)"),
        ("settings: 5\n", "line 1: settings must be keys with values, not a whole number (5)"),
        ("- RRK\n", "line 1: The file must be keys with values, not a list"),
        ("peers: RRK\n", "line 1: peers must be a list, not text ('RRK')"),
        ("peers: [RRK,\n  RJ11]\n", "line 2: Unknown trust among the peers. 'RJ11' is not the code"),
        ("peers: ['../../x']\n", "line 1: Unknown trust among the peers."),
        (
            "peers: [12]\n",
            "A peer must be a trust's code, not a whole number (12). Put a code that reads as a number into quotes",
        ),
        ("peers: [RRK, RRK]\n", "RRK is twice among the peers"),
        ("peers: [RJ1]\n", "RJ1 is named as its own peer"),
        ("peers: [DEMO]\n", "DEMO is not a trust to be compared with"),
        ("peers: [RRK]\npeers: [RAE]\n", 'line 2: The key "peers" is there twice'),
        ("settings:\n  minimum_people: {value: 10}\n", 'settings.minimum_people lacks "source"'),
        (
            "settings:\n  minimum_people:\n    value: 12\n    source: ''\n",
            "line 4: settings.minimum_people.source must be text",
        ),
        (
            "settings:\n  minimum_people:\n    value: 9\n    source: ours\n",
            "settings.minimum_people is 9, below the 10 of _defaults.yml. A trust may hide more, never less.",
        ),
        ("settings:\n  minimum_people: {value: true, source: x}\n", "must be a whole number of at least 1"),
        ("peers: [RRK\nsettings: {}\n", "A list or a part in brackets is not closed."),
        ("peers: !!python/object/apply:os.system ['touch owned']\n", "peers"),
        ("a: &a [*a]\n", 'Unknown key "a"'),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(project, text, said):
    assert said in problem(project, text)
    assert not Path("owned").exists()


def test_text_that_is_not_text(project):
    (project.params / "trusts" / "RJ1.yml").write_bytes(b"peers: [\xff\xfe]\n")
    with pytest.raises(InputError, match=r"^RJ1.yml: The file cannot be read: it is not saved as UTF-8"):
        read_params("RJ1", project=project)


def test_a_threshold_may_be_raised(project):
    write(project, "settings:\n  minimum_people: {value: 20, source: ours}\n")
    assert read_params("RJ1", project=project).settings.minimum_people == Threshold(20, "ours")


def test_defaults_must_be_complete(project):
    (project.params / "_defaults.yml").write_text("settings:\n  peer_count: 10\n", encoding="utf-8")
    said = '_defaults.yml, line 2: settings lacks "minimum_responses", "minimum_people".'
    assert check_params(project=project).problems == (f"{said} Every default must be given.",)


def test_defaults_that_are_missing_are_named(project):
    (project.params / "_defaults.yml").unlink()
    assert check_params(project=project).problems == (
        "_defaults.yml: The file is missing. Restore it with `git checkout params`.",
    )


def test_an_unknown_trust_is_refused(project):
    with pytest.raises(UnknownTrustError):
        read_params("RJ11", project=project)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RJ11.yml", "RJ11.yml: The file name is not a trust's code."),
        ("rj1.yml", "Rename the file to RJ1.yml; nothing reads it under this name."),
        ("RNK.yml", "Rename the file to G6V2S.yml; nothing reads it under this name."),
        ("RJ1.yaml", "Rename it to RJ1.yml or move it away."),
    ],
)
def test_a_file_that_nothing_would_read_is_named(project, name, said):
    (project.params / "trusts" / name).write_text("peers: [RRK]\n", encoding="utf-8")
    problems = check_params(project=project).problems
    assert len(problems) == 1
    assert said in problems[0]


def test_every_file_with_a_problem_is_named(project):
    write(project, "peer: []\n", "RJ1")
    write(project, "peers: [RAE]\n", "RRK")
    write(project, "peers: [X]\n", "RAE")
    assert [text.partition(",")[0] for text in check_params(project=project).problems] == ["RAE.yml", "RJ1.yml"]


def test_ours_are_in_order():
    ours = Project(Path(__file__).parents[3])
    assert check_params(project=ours).problems == ()
    demonstration = read_params("DEMO", project=ours)
    assert demonstration.peers == ("RJ1", "RJ2", "RRK", "RAE")
    assert demonstration.settings.minimum_responses.value == 15
    assert read_params("RJ1", project=ours).settings.minimum_responses.value == 11
