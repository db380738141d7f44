"""The key ``indicators`` of a layout, checked by pydantic."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import PlainValidator

from race_equality.definitions.declared import ADVERSE, DECLARED_UNITS, DISCLOSURES, DeclaredIndicator, is_id
from race_equality.yaml_files import Text, one_of, problem, read_text, record_of_yaml

#: The kinds of trust that an indicator can be for.
KINDS = ("acute", "acute specialist", "mental health", "community", "ambulance", "online")


def _id(value: object) -> str:
    text = read_text(value)
    if not is_id(text):
        raise problem(
            f'{{name}} is "{text}".',
            "Write small letters, digits and underscores, and begin with a letter: study_leave.",
        )
    return text


@record_of_yaml
class DeclaredRecord:
    """One indicator, as a layout declares it: the fields of :class:`DeclaredIndicator`."""

    lacking: ClassVar = (
        "An indicator needs id, name, definition, unit, adverse_when (which side is adverse to staff from ethnic "
        "minorities or to patients) and disclosure (what hides together)."
    )

    id: Annotated[str, PlainValidator(_id)]
    name: Text
    definition: Text
    unit: Annotated[str, one_of(DECLARED_UNITS, "Units")]
    adverse_when: Annotated[str, one_of(ADVERSE, "What it can be")]
    disclosure: Annotated[str, one_of(DISCLOSURES, "What it can be")]
    groups: tuple[Text, ...] = ()
    people: Text = ""
    statement: Text = ""
    applies_to: tuple[Annotated[str, one_of(KINDS, "Kinds of trust")], ...] = ()
    why_not_applicable: Text = ""
    missing_as: Text = ""

    def declared(self, publisher: str) -> DeclaredIndicator:
        """Return it for the registry."""
        return DeclaredIndicator(**vars(self), published_by=publisher)


@record_of_yaml
class DeclaredIndicators:
    """The whole key."""

    indicators: tuple[DeclaredRecord, ...]
