"""The audit of a site with the true figures of the project that it was made from."""

from __future__ import annotations

from pathlib import Path

from race_equality.audit.site import Audit, audit_site
from race_equality.definitions.codes import DEMONSTRATION_CODE, DEMONSTRATION_NAME
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.report.summary_table import names_of_measures
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts


def audit_with_own_figures(site: Path, project: Project, *, against: Path | None = None, jobs: int = 1) -> Audit:
    """Read everything in a site and try to get what it hides, knowing what it hides.

    Parameters
    ----------
    site : Path
        The folder that is published, or the output folder of a build.
    project : Project
        The checkout that it was made from.
    against : Path, optional
        An earlier published site.
    jobs : int
        Processes to use.

    Returns
    -------
    race_equality.audit.site.Audit
    """
    trusts = read_trusts(project=project)
    return audit_site(
        site,
        rules=read_rules(project=project),
        figures=read_figures(project=project),
        # the demonstration trust, in no list of trusts, has a rule of its own as well
        names={
            **dict(zip(trusts["trust_code"], trusts["trust_name"], strict=True)),
            DEMONSTRATION_CODE: DEMONSTRATION_NAME,
        },
        measures=names_of_measures(),
        against=against,
        jobs=jobs,
    )
