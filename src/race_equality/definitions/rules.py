"""What must be hidden together with a figure of too few people: the rule that belongs to an indicator.

How few is too few are thresholds (:class:`race_equality.disclosure.rules.DisclosureRule`), the same for all indicators.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Disclosure:
    """What an indicator's figures say about each other.

    Parameters
    ----------
    groups_together : bool
        Its groups are compared, and everybody together is known: where one group is hidden, all are.
    hidden_when_read : bool
        The reader of the file hides groups of too few with as many others as are needed, and later steps need
        the counts that are left.
    overlapping : bool
        A person counts in several groups, so the groups do not add up to a total.
    recurring : bool
        It has so many periods that a share of one is, by chance, the share of another.
    counts_too : bool
        Counts of people of published cells, which are added up before they are shown: a share is hidden where its count
        or its base is of too few, with what would tell it (:mod:`race_equality.disclosure.nested`). The publisher's own
        hidden cells say nothing of others.
    rounded_to : int
        The publisher rounds counts of people to it, and 0 where they are exact. A group that is worked out of n rounded
        counts has n times this range. Groups of too few are hidden where the added up counts are shown.
    among : str
        The id of the indicator whose counts hold this one's.
    """

    groups_together: bool = False
    hidden_when_read: bool = False
    overlapping: bool = False
    recurring: bool = False
    counts_too: bool = False
    rounded_to: int = 0
    among: str = ""

    @property
    def needs_counts(self) -> bool:
        """Whether what is shown of it is hidden at a later step, which needs the counts of the other groups."""
        return self.hidden_when_read or self.counts_too or self.rounded_to > 0


#: Of a trust's own patients: a share of fewer people or appointments is not shown (as a survey's of fewer than 11
#: responses), and no count under 5 (as in the Mental Health Act statistics), nor one that leaves fewer than 5 out.
LEAST_OF_PATIENTS, LEAST_PATIENTS_COUNTED = 11, 5

#: A figure of too few is hidden, and says nothing of another.
EACH_ALONE = Disclosure()
BOTH_GROUPS = Disclosure(groups_together=True)
WHEN_READ = Disclosure(hidden_when_read=True)
OVERLAPPING = Disclosure(overlapping=True)
RECURRING = Disclosure(recurring=True)
PUBLISHED_CELLS = Disclosure(counts_too=True, rounded_to=5)
PUBLISHED_SHARES = Disclosure(rounded_to=5)
