"""A project about invented organisations, to see what a build costs with more than there are.

Their figures are those of the demonstration trust, which are invented themselves, each drawn anew
with a fixed seed: what a figure looks like is as it is, and nothing is said about anybody. No code
is one that an NHS organisation has or had.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from race_equality.errors import RaceEqualityError
from race_equality.project import Project
from race_equality.store.figures import figure_files, parquet_bytes, read_figures, trust_schema
from race_equality.store.recorded import RECORDS
from race_equality.store.schema import FIGURE_DTYPES
from race_equality.store.seal import sealed
from race_equality.store.trusts import read_trust_list

#: Codes are ``Z0000`` to ``Z9999``.
MOST = 10_000

_SHARED = ("_quarto.yml", "index.qmd", "notebooks", "params/_defaults.yml", "data/sources")


def invent(real: Project, folder: Path, number: int, *, seed: int = 20261122) -> Project:
    """Make a project about invented organisations.

    Parameters
    ----------
    real : Project
        The checkout: its notebooks, settings and the demonstration trust's figures are taken, and
        the publishers' figures for England and for systems; no trust's.
    folder : Path
        The new project; it must not exist yet.
    number : int
        How many organisations.
    seed : int
        The same seed gives the same figures.

    Returns
    -------
    Project
    """
    if number > MOST:
        raise RaceEqualityError(f"At most {MOST} organisations can be invented.")
    listed = read_trust_list(project=real)
    codes = [f"Z{i:04d}" for i in range(number)]
    known = set(listed.kinds) | {succession.old_code for succession in listed.successions}
    if taken := known.intersection(codes):
        raise RaceEqualityError(f"{', '.join(sorted(taken))} is or was the code of a real organisation.")

    (folder / "data" / "figures").mkdir(parents=True)
    (folder / "params" / "trusts").mkdir(parents=True)
    for name in _SHARED:
        source = real.root / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    project = Project(folder)
    random = np.random.default_rng(seed)
    _write_trusts(project, listed.trusts, codes, random)
    _write_figures(project, real, set(listed.kinds), codes, random)
    for file in real.figures.glob("systems.*"):
        shutil.copy(file, project.figures)
    header = (real.figures / "successions.csv").read_text(encoding="utf-8").splitlines()[0]
    (project.figures / "successions.csv").write_text(f"{header}\n", encoding="utf-8")
    _write_records(project)
    return project


def _write_records(project: Project) -> None:
    """Bring the record of each publication up to the invented figures: others are not read."""
    for file in project.figures.iterdir():
        record = project.root / "data" / "sources" / f"{RECORDS.get(file.name, file.stem)}.yml"
        if record.is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            text = re.sub(r"(?m)^figures_sha256: .*", f"figures_sha256: {digest}", record.read_text(encoding="utf-8"))
            record.write_text(sealed(text), encoding="utf-8", newline="\n")


def _write_trusts(project: Project, trusts: pd.DataFrame, codes: list[str], random: np.random.Generator) -> None:
    """Write a list with the kinds, regions and systems in the proportions of the real one."""
    # each real place before any twice: a map has no system without an organisation
    places = trusts.iloc[np.resize(random.permutation(len(trusts)), len(codes))]
    table = pd.DataFrame(
        {
            "trust_code": codes,
            "trust_name": [f"Invented organisation {code}" for code in codes],
            "kind": places["kind"].to_numpy(),
            "region": places["region"].to_numpy(),
            "system": places["system"].to_numpy(),
            "open_date": pd.Timestamp("2020-04-01"),
            "predecessors": "",
            "locator": "invented",
        }
    )
    (project.figures / "trusts.parquet").write_bytes(parquet_bytes(table, trust_schema()))


def _write_figures(
    project: Project, real: Project, trusts: set[str], codes: list[str], random: np.random.Generator
) -> None:
    """Write each publication as it would be with these organisations in it."""
    every = read_figures(local=False, project=real)
    of_demonstration = every[every["source"] == "demonstration"]
    for file in figure_files(real, local=False):
        published = every[every["source"] == file.stem]
        if published.empty:
            continue
        if file.stem == "demonstration":
            shutil.copy(file, project.figures)
            continue
        demonstration = of_demonstration[of_demonstration["indicator"].isin(published["indicator"])]
        # each year's edition of a publication is a file: its periods, or all where they differ
        same = demonstration[demonstration["period_end"].isin(published["period_end"].unique())]
        pattern = (demonstration if same.empty else same).assign(source=file.stem)
        # a locator says where a way of recording changed, which charts and limits go by
        where = published.drop_duplicates(["indicator", "period_end"]).set_index(["indicator", "period_end"])
        keys = pd.MultiIndex.from_frame(pattern[["indicator", "period_end"]])
        pattern["locator"] = where["locator"].reindex(keys).fillna("invented").to_numpy()
        held = published["trust_code"].isin(trusts)
        invented = [_draw(pattern, codes, random)] if held.any() and len(pattern) else []
        table = pd.concat([published[~held], *invented], ignore_index=True)[list(FIGURE_DTYPES)]
        (project.figures / file.name).write_bytes(parquet_bytes(table.astype(FIGURE_DTYPES)))


def _draw(pattern: pd.DataFrame, codes: list[str], random: np.random.Generator) -> pd.DataFrame:
    """Draw the figures of organisations: each of another size, and by chance."""
    size = np.repeat(random.lognormal(0, 0.5, len(codes)), len(pattern))
    code = np.repeat(codes, len(pattern))
    table = pd.concat([pattern] * len(codes), ignore_index=True)
    value, base, numerator = (
        table[name].to_numpy("float64", na_value=np.nan) for name in ("value", "denominator", "numerator")
    )
    counted = table["unit"].isin(["people", "count", "fte"]).to_numpy()
    percent = table["unit"].eq("percent").to_numpy() & ~np.isnan(value) & ~np.isnan(base)
    people = np.maximum(1, np.round(base * size))
    number = random.binomial(np.where(percent, people, 1).astype(int), np.where(percent, value / 100, 0))
    value = np.where(counted, np.round(value * size), np.where(percent, 100 * number / people, value))
    numerator = np.where(percent & ~np.isnan(numerator), number, numerator)
    return table.assign(
        trust_code=code,
        organisation_code=code,
        value=_with_gaps(value),
        numerator=_with_gaps(numerator),
        denominator=_with_gaps(people),
    )


def _with_gaps(numbers: np.ndarray) -> pd.Series:
    return pd.Series(pd.array(numbers, dtype="Float64")).mask(np.isnan(numbers))
