"""Figures to findings: gaps, ratios, peers, waits. Notebooks take what they need from here."""

from __future__ import annotations

from race_equality.analysis.access import latest_access, monthly
from race_equality.analysis.all_trusts_by_year import by_year, reporting
from race_equality.analysis.caught_figures import caught_figures
from race_equality.analysis.comparison import compared_findings, traits
from race_equality.analysis.detectable import detectable_changes, halvings
from race_equality.analysis.ethnicity_of_respondents import catchment_of, respondents_and_catchment
from race_equality.analysis.funnel_position import FEWEST_OF_A_KIND, among_their_kind, funnel_of_kind
from race_equality.analysis.gap_reading import gap_readings, read_gap
from race_equality.analysis.like_with_like import gaps_within_kinds, pooled_alike, trusts_alike
from race_equality.analysis.linked_gaps import PATIENT_GAPS, STAFF_GAP, gaps_of_staff_and_patients, links, main_links
from race_equality.analysis.maternity import (
    deliveries_by_ethnic_group,
    deliveries_by_ethnicity,
    maternity_rates,
    maternity_rates_by_year,
    most_deprived_share,
)
from race_equality.analysis.mental_health import detentions_by_ethnicity
from race_equality.analysis.missing_ethnicity import (
    births_with_unknown,
    detentions_with_unknown,
    gaps_of_all_with_unknown,
    gaps_with_unknown,
)
from race_equality.analysis.patient_gaps import (
    patients_by_breakdown,
    recovery_by_year,
    slopes_by_deprivation,
    widest_gap,
    with_others,
)
from race_equality.analysis.patients_return import patients_by_group, patients_summary
from race_equality.analysis.peers import choose_peers
from race_equality.analysis.pooled_gaps import pooled_gaps
from race_equality.analysis.returns_of_trusts import returns_together
from race_equality.analysis.staff_and_patients import (
    PATIENT_MEASURES,
    STAFF_MEASURES,
    associations,
    measures_by_trust,
    other_years,
    pairs_to_vary,
    periods_of_measures,
    sensitivity,
)
from race_equality.analysis.survey import (
    answers_together,
    discrimination_by_year,
    england_answers,
    england_by_ethnic_group,
    spread_of_trusts,
    survey_answers,
    yearly_change,
)
from race_equality.analysis.waiting_list import (
    england_explained,
    waiting_list_coverage,
    waits_by_group,
    waits_by_system,
)
from race_equality.analysis.who_answered import how_far_off, response_of_trusts, within_range
from race_equality.analysis.workforce import headcount_by_group, headcount_by_march, total_headcount, yearly_growth
from race_equality.analysis.wres import all_trusts_experience, pooled, staff_experience
from race_equality.analysis.wres_return import (
    SEATS,
    board_against_workforce,
    relative_likelihoods,
    share_by_band,
    without_international_recruits,
    years_to_board_parity,
)

__all__ = [
    "FEWEST_OF_A_KIND",
    "PATIENT_GAPS",
    "PATIENT_MEASURES",
    "SEATS",
    "STAFF_GAP",
    "STAFF_MEASURES",
    "all_trusts_experience",
    "among_their_kind",
    "answers_together",
    "associations",
    "board_against_workforce",
    "by_year",
    "caught_figures",
    "catchment_of",
    "choose_peers",
    "compared_findings",
    "deliveries_by_ethnic_group",
    "deliveries_by_ethnicity",
    "births_with_unknown",
    "detectable_changes",
    "detentions_by_ethnicity",
    "detentions_with_unknown",
    "discrimination_by_year",
    "england_answers",
    "england_by_ethnic_group",
    "england_explained",
    "funnel_of_kind",
    "gap_readings",
    "gaps_of_staff_and_patients",
    "gaps_of_all_with_unknown",
    "gaps_with_unknown",
    "gaps_within_kinds",
    "halvings",
    "headcount_by_group",
    "headcount_by_march",
    "how_far_off",
    "latest_access",
    "links",
    "main_links",
    "maternity_rates",
    "maternity_rates_by_year",
    "measures_by_trust",
    "monthly",
    "most_deprived_share",
    "other_years",
    "pairs_to_vary",
    "periods_of_measures",
    "patients_by_breakdown",
    "patients_by_group",
    "patients_summary",
    "pooled",
    "pooled_alike",
    "pooled_gaps",
    "read_gap",
    "recovery_by_year",
    "relative_likelihoods",
    "reporting",
    "respondents_and_catchment",
    "response_of_trusts",
    "returns_together",
    "sensitivity",
    "share_by_band",
    "slopes_by_deprivation",
    "spread_of_trusts",
    "staff_experience",
    "survey_answers",
    "total_headcount",
    "traits",
    "trusts_alike",
    "waiting_list_coverage",
    "waits_by_group",
    "waits_by_system",
    "widest_gap",
    "with_others",
    "within_range",
    "without_international_recruits",
    "yearly_change",
    "yearly_growth",
    "years_to_board_parity",
]
