"""Read notebooks: sources, outputs in every format, attachments, metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from race_equality.audit.channels.content import RASTER, Content, Text, Unread
from race_equality.audit.channels.markup import html, json_value, svg

#: What papermill and Jupyter write about the run itself.
_RUN_DETAILS = set(
    (
        "execution duration start_time end_time execution_count version kernelspec language_info nbformat "
        "nbformat_minor seconds"
    ).split()
)


def without_run_details(value):
    """Remove the details of the run, at any depth."""
    if isinstance(value, dict):
        return {k: without_run_details(v) for k, v in value.items() if k not in _RUN_DETAILS}
    return [without_run_details(v) for v in value] if isinstance(value, list) else value


def notebook(notebook: dict, name: str) -> Iterator[Content]:
    """Read an executed notebook."""
    yield from json_value(without_run_details(notebook.get("metadata", {})), name, "notebook metadata", "metadata")
    for number, cell in enumerate(notebook.get("cells", []), 1):
        place = f"cell {number}"
        yield Text(name, f"notebook {cell.get('cell_type')} source", place, _joined(cell.get("source")))
        yield from json_value(without_run_details(cell.get("metadata", {})), name, "notebook cell metadata", place)
        for attachment, bundle in cell.get("attachments", {}).items():
            yield from _bundle(bundle, name, f"{place} attachment {attachment}")
        for output in cell.get("outputs", []):
            yield from json_value(
                without_run_details(output.get("metadata", {})), name, "notebook output metadata", place
            )
            yield from _bundle(output.get("data", {}), name, place)
            for key in ("text", "traceback", "evalue"):
                if output.get(key):
                    yield Text(name, f"notebook output {key}", place, _joined(output[key]))


def _bundle(data: dict, name: str, place: str) -> Iterator[Content]:
    for kind, value in data.items():
        if kind == "image/svg+xml":
            yield from svg(_joined(value), name, "SVG in notebook", place)
        elif kind in ("text/html", "text/markdown"):
            for item in html(_joined(value), name, f"notebook {kind}"):
                yield item if isinstance(item, Unread) else replace(item, place=f"{place}, {item.place}")
        elif "json" in kind:
            yield from json_value(value, name, f"notebook {kind}", place)
        elif kind.startswith("image/"):
            yield Unread(name, f"{place}: {RASTER}")
        else:
            yield Text(name, f"notebook {kind}", place, _joined(value))


def _joined(value) -> str:
    return "".join(value) if isinstance(value, list) else str(value or "")
