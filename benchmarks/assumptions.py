"""The assumptions log, with what another choice would change in the figures that are held: writes docs/assumptions.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from race_equality.analysis.what_assumptions_move import Moved, what_assumptions_move
from race_equality.definitions.assumptions import (
    ASSUMPTIONS,
    DATA,
    DISCLOSURE,
    QUALITIES,
    SENSITIVITIES,
    STATISTICS,
    Assumption,
    version_of,
)
from race_equality.disclosure.publishable import publishable_figures
from race_equality.disclosure.rules import read_rules
from race_equality.project import Project
from race_equality.store.figures import read_figures
from race_equality.store.trusts import read_trusts

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "assumptions.md"


def measured(project: Project) -> list[Moved]:
    """Count what other choices would change in the published figures of a project."""
    figures = read_figures(local=False, project=project)
    trusts, rules = read_trusts(project=project), read_rules(project=project)
    return what_assumptions_move(figures, publishable_figures(figures, project=project), trusts, rules)


def page(found: Iterable[Moved]) -> str:
    """Return the page, from the records and what was counted."""
    moved = {one.assumption: one for one in found}
    rows = [
        f"| [{one.id}](#{_anchor(one)}) | {one.title} | {one.quality} | "
        f"{one.sensitivity}{'' if one.id in moved else ' (judged)'} | {one.owner} |"
        for one in ASSUMPTIONS
    ]
    worst = [one for one in ASSUMPTIONS if one.quality == "little" and one.sensitivity == "high"]
    parts = [
        "# Assumptions",
        f"Version {version_of()}. The records are in `src/race_equality/definitions/assumptions.py`, and this page is made of them: "
        "`python benchmarks/assumptions.py` counts again what another choice would change in the figures that are held, and "
        "writes it. Each edition prints the log, counted in its own figures, in its [assurance "
        "statement](editions.md#the-assurance-statement).",
        "The fields are those of the [assumptions log](https://best-practice-and-impact.github.io/analysis_project_documentation/) "
        "that the Analysis Function recommends with the [AQuA "
        "Book](https://www.gov.uk/government/publications/the-aqua-book-guidance-on-producing-quality-analysis-for-government). "
        f"Owners are roles ({DATA}, {STATISTICS}, {DISCLOSURE}): a body that publishes editions fills them. Nobody "
        "outside the project has reviewed an assumption so far.",
        "| evidence | |\n|---|---|\n" + "\n".join(f"| {name} | {words} |" for name, words in QUALITIES.items()),
        "| sensitivity | |\n|---|---|\n" + "\n".join(f"| {name} | {words} |" for name, words in SENSITIVITIES.items()),
        "Little evidence and a high sensitivity, so the first to be doubted: "
        + "; ".join(f"{one.id} {one.title[0].lower()}{one.title[1:]}" for one in worst)
        + ".",
        "| id | assumption | evidence | sensitivity | owner |\n|---|---|---|---|---|\n" + "\n".join(rows),
        *(_entry(one, moved.get(one.id)) for one in ASSUMPTIONS),
    ]
    return "\n\n".join(parts) + "\n"


def _anchor(one: Assumption) -> str:
    # as both renderers make it of a heading
    kept = "".join(letter for letter in one.title.lower() if letter.isalnum() or letter in " -")
    return f"{one.id.lower()}-{kept.replace(' ', '-')}"


def _entry(one: Assumption, moved: Moved | None) -> str:
    how_much = (
        f"{moved.counted}: **{moved.used}**; {'; '.join(moved.otherwise)}"
        if moved
        else "not counted: no figure that is held can tell. The rating is a judgement"
    )
    fields = {
        "assumed": one.assumed,
        "why": one.why,
        "evidence": one.evidence,
        "if it is wrong": one.if_wrong,
        "by how much": f"{how_much}.",
        "evidence, sensitivity": f"{one.quality}, {one.sensitivity}",
        "in the code": ", ".join(f"`{name}`" for name in one.code),
        "rests on": ", ".join(one.depends_on) or "no other",
        "owner, last reviewed": f"{one.owner}, {one.reviewed.day} {one.reviewed:%B %Y}",
    }
    rows = "\n".join(f"| {name} | {words} |" for name, words in fields.items())
    return f"## {one.id} {one.title}\n\n| | |\n|---|---|\n{rows}"


if __name__ == "__main__":
    PAGE.write_text(page(measured(Project(ROOT))), encoding="utf-8")
    print(PAGE)
