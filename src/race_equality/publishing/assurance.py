"""What was checked before an edition was published, with what outcome, and who signed it: facts, for the page that prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from race_equality.analysis.patient_gaps import patients_by_breakdown
from race_equality.analysis.what_assumptions_move import Moved, what_assumptions_move
from race_equality.definitions.codes import DEMONSTRATION_CODE
from race_equality.definitions.editions import publication_of
from race_equality.definitions.gates import CAUGHT, IMPLAUSIBLE
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.errors import InputError
from race_equality.project import Project
from race_equality.publishing.corrections import Correction, EditionName
from race_equality.report.board_page import data_version
from race_equality.report.patients_across_trusts import trusts_with_figures
from race_equality.sources.catalogue import all_publications
from race_equality.sources.reconcile import Reconciliation, reconcile
from race_equality.sources.store_check import check_store
from race_equality.store.editions import OUT_OF_DATE, next_editions
from race_equality.store.figures import read_figures
from race_equality.store.provenance import Source, read_sources
from race_equality.store.rows import groups_of
from race_equality.store.trusts import read_trusts
from race_equality.yaml_files import Day, Text, read_record, read_yaml, record_of_yaml

if TYPE_CHECKING:
    import pandas as pd

    from race_equality.audit.site import Audit
    from race_equality.publishing.record import MadeFrom
    from race_equality.publishing.verification import Verification
    from race_equality.render.edition import Edition

FILE = "assurance.yml"
#: How a check ended. A remark is for a reader to weigh; an edition with a hidden figure that was worked out is not published.
Outcome = Literal["Passed", "Passed, with remarks", "Problems found", "Not done"]


@record_of_yaml
class SignedBy:
    """Who answers for an edition.

    Parameters
    ----------
    edition : str
        Which.
    name, role : str
    signed : datetime.date
    checked : str
        What the person looked at before signing.
    data : str or None
        The version of the data that was looked at, as the page Methods and words prints it. An edition of other data is not
        published under this signature.
    """

    lacking: ClassVar = "Give edition, name, role, signed (a day) and checked (a sentence); data, the version of the data, where you know it."

    edition: EditionName
    name: Text
    role: Text
    signed: Day
    checked: Text
    data: Text | None = None


@record_of_yaml
class _File:
    lacking: ClassVar = "Begin with assurance: and a hyphen for each who signs."

    assurance: tuple[SignedBy, ...]


def read_signatures(edition: str, project: Project) -> tuple[SignedBy, ...]:
    """Read who signed an edition.

    Parameters
    ----------
    edition : str
        Such as ``2026-11``.
    project : Project

    Returns
    -------
    tuple of SignedBy
        In the order of the file; empty where nobody did.

    Raises
    ------
    InputError
        With file and line of the first mistake, or when somebody signed other data than are held.
    """
    path = project.root / FILE
    if not path.is_file():
        return ()
    file = read_yaml(path)
    made, problems = read_record(file, _File)
    if problems:
        raise problems[0]
    held = data_version(read_sources(local=False, project=project))
    found = []
    for number, one in enumerate(made.assurance):
        if one.edition != edition:
            continue
        if one.data is not None and one.data != held:
            raise InputError(
                f"{one.name} signed edition {edition} of the data {one.data}, and the data held now are {held}.",
                file=path,
                row=f"line {file.line(('assurance', number, 'data'))}",
                mend="Look at what changed and sign again, or publish the data that were signed.",
            )
        found.append(one)
    return tuple(found)


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Parameters
    ----------
    what : str
    outcome : Outcome
    found : str
        Sentences.
    again : str
        The command that checks it again; "" where there is none.
    """

    what: str
    outcome: Outcome
    found: str
    again: str = ""


@dataclass(frozen=True)
class Coverage:
    """What an edition has of one publication.

    Parameters
    ----------
    source : Source
    trusts, figures, suppressed, left_out : int
        Trusts with a figure; figures with a number; those that the publisher hides; those that gates caught.
    """

    source: Source
    trusts: int
    figures: int
    suppressed: int
    left_out: int


@dataclass(frozen=True)
class Assurance:
    """All that the statement says.

    Parameters
    ----------
    edition : Edition
    data : str
        The version of the data.
    signed : tuple of SignedBy
    checks : tuple of Check
    coverage : tuple of Coverage
    totals : tuple of Reconciliation
        Those that do not agree.
    moved : tuple of Moved
        What other choices than the assumptions would change.
    limitations : tuple of str
        Sentences.
    corrected : int
        Corrections of earlier editions that were known.
    """

    edition: Edition
    data: str
    signed: tuple[SignedBy, ...]
    checks: tuple[Check, ...]
    coverage: tuple[Coverage, ...]
    totals: tuple[Reconciliation, ...]
    moved: tuple[Moved, ...]
    limitations: tuple[str, ...]
    corrected: int


def gather(
    edition: Edition,
    pages: Mapping[str, Mapping[str, Any]],
    made_from: MadeFrom,
    *,
    signed: tuple[SignedBy, ...],
    corrections: Iterable[Correction],
    audit: Audit | None,
    verification: Verification | None,
    has_key: bool,
    project: Project,
) -> Assurance:
    """Gather what the statement says, from the build and the figures held.

    Parameters
    ----------
    edition : Edition
    pages : mapping of str to mapping
        Executed notebook to its entry in the manifest of the build.
    made_from : MadeFrom
    signed : tuple of SignedBy
    corrections : iterable of Correction
    audit : Audit or None
        Of the site; None where it was not audited.
    verification : Verification or None
        Of the site made again; None where it was not.
    has_key : bool
        Whether the manifest is signed with a key.
    project : Project

    Returns
    -------
    Assurance
        Without a time and without what differs between two machines: out of date is as of the edition's own day.
    """
    sources = read_sources(local=False, project=project)
    as_read = read_figures(local=False, project=project)
    figures = publishable_figures(as_read, project=project)
    trusts = read_trusts(project=project)
    totals = reconcile(project)
    differing = tuple(one for one in totals if not one.agrees)
    checks = (
        _inputs(made_from),
        _store(project),
        _notebooks(pages),
        _gates(figures),
        _totals(totals, differing),
        _audited(audit),
        Check(
            "Figures hidden here and shown in an earlier edition",
            "Not done",
            "Publishing looks at this edition alone.",
            "race-equality audit output --against FOLDER",
        ),
        _verified(verification),
        Check(
            "Tests of the code",
            "Not done",
            f"Publishing runs none. The package's code has the SHA-256 {made_from.code[:16]}… of the manifest; its tests are "
            "those of the commit with this code.",
            "make test",
        ),
        Check(
            "A signature of the manifest by a key",
            "Passed" if has_key else "Not done",
            "manifest.json.sig covers each file of this edition, this page among them."
            if has_key
            else "manifest.json has the hash of each file, this page among them, and no key signed it.",
            "race-equality verify FOLDER --signed-by FILE" if has_key else "",
        ),
    )
    return Assurance(
        edition=edition,
        data=data_version(sources),
        signed=signed,
        checks=checks,
        coverage=tuple(_coverage(sources, figures, trusts)),
        totals=differing,
        moved=tuple(what_assumptions_move(as_read, figures, trusts, read_rules(project=project))),
        limitations=tuple(_limitations(edition, sources, as_read, trusts, project)),
        corrected=sum(one.edition != edition.name for one in corrections),
    )


def _inputs(made_from: MadeFrom) -> Check:
    of_figures = sum(name.startswith("data/") for name in made_from.inputs)
    return Check(
        "What it was made from",
        "Passed",
        f"{len(made_from.inputs)} files, {of_figures} of them with figures, are named in manifest.json with their SHA-256. The build "
        "held those of publications to the hashes that were written when they were read.",
        "race-equality verify FOLDER",
    )


def _store(project: Project) -> Check:
    found = check_store(project)
    return Check(
        "The figures held",
        "Problems found" if found else "Passed",
        f"{len(found)} {'problem' if len(found) == 1 else 'problems'}; the first: {found[0]}"
        if found
        else "Each file has the hash of its publication's record, and no figure contradicts another.",
        "race-equality data check",
    )


def _notebooks(pages: Mapping[str, Mapping[str, Any]]) -> Check:
    # a page that failed is in no edition: publishing refuses it
    done = sum(one.get("status") == "done" for one in pages.values())
    notebooks = len({one["notebook"] for one in pages.values()})
    return Check(
        "Notebooks",
        "Passed" if done == len(pages) else "Problems found",
        f"{done} of {len(pages)} pages are of {notebooks} notebooks that ran to their last cell without an error.",
        "race-equality build",
    )


def _gates(figures: pd.DataFrame) -> Check:
    real = figures[figures["trust_code"] != DEMONSTRATION_CODE]
    caught = real["status"].isin(CAUGHT)
    odd = int((real["status"] == IMPLAUSIBLE).sum())
    return Check(
        "Figures that cannot be right",
        "Passed, with remarks" if caught.any() else "Passed",
        f"{len(real):,} figures were held to rules of plausibility. {odd:,} are not plausible and {int(caught.sum()) - odd:,} "
        "rest on too few known answers; none of these is used.",
        "race-equality data check",
    )


def _totals(totals: list[Reconciliation], differing: tuple[Reconciliation, ...]) -> Check:
    agree = len(totals) - len(differing)
    return Check(
        "The publishers' own totals",
        "Not done" if not totals else "Passed, with remarks" if differing else "Passed",
        f"{agree} of {len(totals)} totals come to the publisher's within rounding."
        + (" Why each of the others does not is below." if differing else ""),
        "race-equality data reconcile",
    )


def _audited(audit: Audit | None) -> Check:
    what, again = "Hidden figures", "race-equality audit output"
    if audit is None:
        return Check(what, "Not done", "It was published without an audit of what the pages disclose.", again)
    return Check(
        what,
        "Problems found" if audit.problems else "Passed",
        f"{audit.files:,} files were read as an intruder would, and {audit.hidden:,} hidden cells attacked: "
        + (f"{len(audit.problems)} problems." if audit.problems else "nothing recovered."),
        again,
    )


def _verified(verification: Verification | None) -> Check:
    what, again = "Made again", "race-equality verify FOLDER"
    if verification is None:
        return Check(what, "Not done", "The site was not made a second time before it was published.", again)
    number = len(verification.differences)
    files = "file" if number == 1 else "files"
    return Check(
        what,
        "Problems found" if number else "Passed",
        f"The site was made a second time: {number} {files} differ, {verification.differences[0].file} first "
        f"({verification.differences[0].reason})."
        if number
        else f"The site was made a second time, and each of {verification.same:,} files is the same, byte for byte.",
        again,
    )


def _coverage(sources: list[Source], figures: pd.DataFrame, trusts: pd.DataFrame) -> Iterable[Coverage]:
    real = set(trusts["trust_code"])
    rows_of_source = dict(groups_of(figures[figures["trust_code"] != DEMONSTRATION_CODE], "source"))
    for source in sources:
        rows = rows_of_source.get(source.id)
        if rows is None:
            continue
        ok = rows["status"] == "ok"
        yield Coverage(
            source,
            trusts=len(real & set(rows.loc[ok, "trust_code"])),
            figures=int(ok.sum()),
            suppressed=int((rows["status"] == "suppressed").sum()),
            left_out=int(rows["status"].isin(CAUGHT).sum()),
        )


def _limitations(
    edition: Edition, sources: list[Source], as_read: pd.DataFrame, trusts: pd.DataFrame, project: Project
) -> Iterable[str]:
    patients = patients_by_breakdown(as_read)
    yield (
        f"{trusts_with_figures(patients, trusts)} of {len(trusts)} trusts have a published figure of patients by ethnic group. "
        "The reports of the others say which file would bring one."
    )
    if edition.date:
        published = as_read[as_read["trust_code"] != DEMONSTRATION_CODE]
        days = {id: {day.date() for day in rows["period_end"]} for id, rows in groups_of(published, "source")}
        late = [
            f"{one.name} (held to {one.held_to})"
            for one in next_editions(days, today=date.fromisoformat(edition.date))
            if one.state == OUT_OF_DATE
        ]
        if late:
            yield f"A newer edition was out on {edition.date} by the publishers' calendar: {', '.join(late)}."
    held = {publication_of(source.id) for source in sources}
    unread = [
        one.title.partition(" {")[0].rstrip(",")
        for one in all_publications(project)
        if one.layout and one.id not in held
    ]
    if unread:
        yield f"Declared from its publisher's documentation, and no file of it read: {'; '.join(unread)}."
    yield "Associations are between trusts: none is a cause, and none says anything of a person."
