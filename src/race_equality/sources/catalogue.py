"""Every publication that can be read. Each says of itself, in its own module, what it is and how it is known."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from race_equality.errors import InputError, RaceEqualityError, nearest
from race_equality.project import Project, as_project
from race_equality.sources import publications
from race_equality.sources.publication import Publication
from race_equality.store.provenance import OPEN_GOVERNMENT_LICENCE

#: The files of the trust list: source id to pattern and description.
TRUST_FILES = {
    "ods_etr": (
        "ods/etr.csv",
        "Organisation Data Service: NHS trusts (etr)",
        "NHS England, Organisation Data Service",
        "https://digital.nhs.uk/services/organisation-data-service",
        OPEN_GOVERNMENT_LICENCE,
        "about April 2026",
        (
            "Opening and closing dates. The file has no header, no care trusts (TAD, TAH, TAJ) and "
            "three Welsh trusts (RQF, RT4, RYT), which are left out.",
        ),
    ),
    "ods_trusts": (
        "ods/trusts.csv",
        "NHS trusts by kind, region and integrated care board",
        "Davewest84/nhs-trust-icb-data, after NHS England",
        "https://github.com/Davewest84/nhs-trust-icb-data",
        "CC0 1.0",
        "August 2026",
        (
            "Which trusts are open today, their kind (the Staff Survey's benchmarking group), region, "
            "system and most predecessors.",
            "A predecessor counts when predecessor_codes names its code, or alt_names its name as etr.csv "
            "has it. The basis of each succession is in data/figures/successions.csv.",
        ),
    ),
    "systems": (
        "geography/icb_2024_codes.csv",
        "Integrated care boards in 2024: codes and names",
        "Office for National Statistics and NHS England",
        "https://geoportal.statistics.gov.uk/",
        OPEN_GOVERNMENT_LICENCE,
        "2024",
        (
            "The 42 boards before 1 April 2026, when they became 36 and two were split: figures of boards "
            "keep the board of their time. First and last days, and the boards since then, are from NHS England's "
            "register of boards (icb.csv).",
        ),
    ),
    "ods_successors": (
        "ods/successors.csv",
        "Organisation Data Service: successor organisations",
        "NHS England, Organisation Data Service",
        "https://digital.nhs.uk/services/organisation-data-service",
        OPEN_GOVERNMENT_LICENCE,
        "to April 2022",
        ("Pennine Acute (RW6) went to two trusts in 2021: its history is carried to neither.",),
    ),
}


#: In code: of every module in ``publications`` that has any, in the modules' alphabetical order. A file that fits several is of
#: the one that asks for most.
PUBLICATIONS: tuple[Publication, ...] = tuple(
    one
    for module in iter_modules(publications.__path__)
    for one in getattr(import_module(f"{publications.__name__}.{module.name}"), "PUBLICATIONS", ())
)


def all_publications(project: Project | None = None) -> tuple[Publication, ...]:
    """Return every publication that can be read: those of the modules, and those that a project's layouts declare.

    Parameters
    ----------
    project : Project, optional
        The checkout; found from the working directory without it.

    Returns
    -------
    tuple of Publication

    Raises
    ------
    InputError
        For a layout that has the name of a publication.
    """
    from race_equality.sources.layout_reading import layout_publications

    if project is None:
        try:
            project = as_project(None)
        except RaceEqualityError:
            return PUBLICATIONS
    ids = {one.id for one in PUBLICATIONS}
    declared = layout_publications(project)
    for one in declared:
        if one.id in ids:
            raise InputError(
                f"There is a publication {one.id!r} already.", file=one.layout, mend="Give the layout another name."
            )
    return (*PUBLICATIONS, *declared)


def publication(publication_id: str, project: Project | None = None) -> Publication:
    """Return a publication by its id.

    Raises
    ------
    RaceEqualityError
        Naming the nearest.
    """
    by_id = {one.id: one for one in PUBLICATIONS}
    if publication_id not in by_id:
        by_id |= {one.id: one for one in all_publications(project)}
    if publication_id in by_id:
        return by_id[publication_id]
    near = nearest(publication_id, by_id)
    raise RaceEqualityError(
        f"There is no publication {publication_id!r}."
        + (f" The nearest is {near!r}." if near else "")
        + f" Publications: {', '.join(by_id)}."
    )
