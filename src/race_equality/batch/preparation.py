"""Import and read what every notebook needs, once, before the first kernel is forked."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: None of them may start a thread when it is imported; a test checks it.
_MODULES = (
    "numpy numpy.random pandas pandas.core.methods.to_dict pandas.io.formats.string pandas.io.parquet pyarrow.parquet "
    "pyarrow.dataset scipy.optimize.elementwise altair vl_convert yaml"
).split()

#: All modules of these packages are imported as well.
_PACKAGES = [f"race_equality.{room}" for room in "store analysis statistics disclosure params report".split()]


def modules() -> Iterator[str]:
    """Name the modules that are imported before the first fork."""
    yield from _MODULES
    for name in _PACKAGES:
        with suppress(ImportError):
            package = importlib.import_module(name)
            yield name
            yield from (module.name for module in pkgutil.iter_modules(package.__path__, f"{name}."))


def load_what_notebooks_share(root: str, compute: bool) -> None:
    """Import what notebooks import and read what they all read, with pandas and one thread.

    An error here is raised again in the notebook, where it is reported.

    Parameters
    ----------
    root : str
        A checkout. Notebooks get its figures from memory, unless the files have changed.
    compute : bool
        Also compute the findings on all trusts (:mod:`race_equality.store.cache`), for notebooks and for the files to download.
    """
    for name in modules():
        with suppress(Exception):
            importlib.import_module(name)
    with suppress(Exception):
        _read(Path(root), compute=compute)


def _read(root: Path, *, compute: bool) -> None:
    from race_equality.disclosure.publishable import publishable_figures
    from race_equality.disclosure.rules import read_rules
    from race_equality.memory import give_back
    from race_equality.project import find_project
    from race_equality.report.measures_of_trusts import findings_of_all
    from race_equality.report.vega_to_svg import prepare as prepare_drawing
    from race_equality.store.cache import compute_all
    from race_equality.store.figures import read_figures
    from race_equality.store.provenance import read_sources
    from race_equality.store.trusts import read_trusts

    project = find_project(root)
    figures = read_figures(local=False, project=project)  # a trust's own return is for its own page only
    trusts = read_trusts(project=project)
    read_sources(project=project)
    prepare_drawing()
    _build_a_chart()
    if compute:
        published = publishable_figures(figures, project=project)  # as notebooks read them
        rules = read_rules(project=project)
        compute_all(published, rules=rules, trusts=trusts)
        findings_of_all(published, rules=rules, project=project)
        give_back()  # to the kernels that are forked from here


def _build_a_chart() -> None:
    """Build a chart without drawing it, so that Altair has imported what its first chart needs."""
    import altair
    import pandas as pd

    table = pd.DataFrame({"name": ["a"], "value": [1.0]})
    chart = altair.Chart(table).mark_point().encode(x=altair.X("value:Q"), text=altair.Text("name:N"))
    altair.layer(chart, chart.mark_text()).properties(width=1).to_dict(validate=False)
