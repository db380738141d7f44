"""What each Workforce Race Equality Standard (WRES) indicator measures, and which way is adverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: The two groups of the WRES. The standard's own label for the second is "BME"; here it is the
#: Equality Hub's "ethnic minorities (excluding White minorities)", shortened in tables.
ETHNIC_MINORITY = "Ethnic minority"
WHITE = "White"

DEMONSTRATION_CODE = "DEMO"
ENGLAND_CODE = "ENG"


@dataclass(frozen=True)
class WresIndicator:
    """One of the nine WRES indicators.

    Parameters
    ----------
    number : int
        1 to 9, as in the standard.
    name : str
        A short name for a table row.
    measure : {"gap", "ratio", "share"}
        ``gap`` is ethnic minority minus White in percentage points; ``ratio`` a relative
        likelihood; ``share`` a share of people in a post.
    adverse_when : {"higher", "lower", "above one"}
        Which side is adverse to staff from ethnic minorities.
    statement : str
        What a counted respondent said, to follow "… of staff".
    from_return : bool
        Published for each trust only in its own WRES return, and in no public file found.

    References
    ----------
    NHS England, Workforce Race Equality Standard: technical guidance.
    """

    number: int
    name: str
    measure: Literal["gap", "ratio", "share"]
    adverse_when: Literal["higher", "lower", "above one"]
    statement: str
    from_return: bool

    @property
    def id(self) -> str:
        """The indicator's id in the figures table, such as ``"wres_5"``."""
        return f"wres_{self.number}"


WRES = {
    indicator.number: indicator
    for indicator in (
        WresIndicator(1, "Staff by pay band", "share", "lower", "", True),
        WresIndicator(2, "Appointed from shortlisting", "ratio", "above one", "", True),
        WresIndicator(3, "Entering the formal disciplinary process", "ratio", "above one", "", True),
        WresIndicator(4, "Non-mandatory training and development", "ratio", "above one", "", True),
        WresIndicator(
            5,
            "Harassment, bullying or abuse from the public",
            "gap",
            "higher",
            "had experienced harassment, bullying or abuse from patients, relatives or the public",
            False,
        ),
        WresIndicator(
            6,
            "Harassment, bullying or abuse from staff",
            "gap",
            "higher",
            "had experienced harassment, bullying or abuse from other staff",
            False,
        ),
        WresIndicator(
            7,
            "Equal opportunities for career progression",
            "gap",
            "lower",
            "believed that the trust provides equal opportunities for career progression or promotion",
            False,
        ),
        WresIndicator(
            8,
            "Discrimination from a manager or colleagues",
            "gap",
            "higher",
            "had experienced discrimination from a manager, team leader or other colleagues",
            False,
        ),
        WresIndicator(9, "Board membership against the workforce", "share", "lower", "", True),
    )
}

#: The four indicators from the NHS Staff Survey.
EXPERIENCE = tuple(WRES[number] for number in (5, 6, 7, 8))
