"""What the notebooks read and show with, in one place; what is computed is in :mod:`race_equality.analysis`.

>>> from race_equality import analysis
>>> from race_equality.notebook import read_figures, read_trusts, publishable_figures
>>> experience = analysis.staff_experience(publishable_figures(read_figures(local=False)))

Figures are those that analyses need: what an analysis or table must hide together, it hides itself. For figures that are
safe as they are, there is :func:`race_equality.figures`.
"""

from __future__ import annotations

from race_equality.definitions.indicators import (
    ACCESS,
    BIRTHS,
    EXPERIENCE,
    GROUND_ETHNIC_BACKGROUND,
    PATIENTS,
    QUESTIONS,
    WRES,
)
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import HIDDEN_ON_PAGES, read_rules
from race_equality.params import read_default_settings, read_params
from race_equality.report.bands import bands_side_by_side
from race_equality.report.display import Linked, Prose, callout, show_chart, show_interactive, show_table
from race_equality.report.enough_to_act_on import enough_to_act_on
from race_equality.report.measures_of_trusts import findings_of_all, measures_of_trusts
from race_equality.report.missing import missing_indicators
from race_equality.report.opening import merger_note, questions_for_the_board
from race_equality.report.staff_and_patients_table import side_by_side
from race_equality.report.summary_table import national_values, wres_summary
from race_equality.report.trace import publications_used, sources_table, sources_used, still_to_come, trace_of
from race_equality.statistics.funnel import funnel_limits
from race_equality.store.figures import read_figures
from race_equality.store.geography import read_system_boundaries
from race_equality.store.provenance import read_source, read_sources
from race_equality.store.rows import without_demonstration
from race_equality.store.trusts import read_trust_list, read_trusts, resolve_trust, system_codes

__all__ = [
    "ACCESS",
    "BIRTHS",
    "EXPERIENCE",
    "GROUND_ETHNIC_BACKGROUND",
    "HIDDEN_ON_PAGES",
    "Linked",
    "PATIENTS",
    "Prose",
    "QUESTIONS",
    "WRES",
    "bands_side_by_side",
    "callout",
    "enough_to_act_on",
    "findings_of_all",
    "funnel_limits",
    "measures_of_trusts",
    "merger_note",
    "missing_indicators",
    "national_values",
    "publications_used",
    "publishable_figures",
    "questions_for_the_board",
    "read_default_settings",
    "read_figures",
    "read_params",
    "read_rules",
    "read_source",
    "read_sources",
    "read_system_boundaries",
    "read_trust_list",
    "read_trusts",
    "resolve_trust",
    "show_chart",
    "show_interactive",
    "show_table",
    "side_by_side",
    "sources_table",
    "sources_used",
    "still_to_come",
    "system_codes",
    "trace_of",
    "without_demonstration",
    "wres_summary",
]
