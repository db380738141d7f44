"""An edition as a research object that programs of other projects read: what ran, on what, and what came of it.

Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5) on RO-Crate 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from race_equality.batch.plan import TRUST_NOTEBOOK
from race_equality.publishing.record import MadeFrom
from race_equality.render.edition import Edition
from race_equality.store.provenance import Source

FILE = "ro-crate-metadata.json"
#: Where an edition has the notebooks as they were before they ran.
WORKFLOW = "workflow"

_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
_CODE_LICENCE = "https://spdx.org/licenses/MIT"
_AUTHOR = "#contributors"
_JUPYTER = "#jupyter"
_INPUTS, _PAGES, _TRUST = "#inputs", "#pages", "#trust_code"
_PAPERMILL = "https://papermill.readthedocs.io"
_TRUST_LIST = "data/figures/trusts.parquet"

Entity = dict[str, Any]


def workflow_file(notebook: str) -> str:
    """Return where an edition has a notebook as it was before it ran."""
    return f"{WORKFLOW}/{notebook.rpartition('/')[2]}"


def crate(
    edition: Edition,
    title: str,
    pages: Mapping[str, Mapping[str, Any]],
    made_from: MadeFrom,
    files: Mapping[str, str],
    sources: Iterable[Source],
) -> str:
    """Describe an edition.

    Parameters
    ----------
    edition : Edition
    title : str
        Of the site.
    pages : mapping of str to mapping
        Executed notebook to its ``notebook`` and ``parameters``.
    made_from : MadeFrom
    files : mapping of str to str
        File of the edition to its SHA-256.
    sources : iterable of Source
        The publications that are held.

    Returns
    -------
    str
        JSON-LD. It has no time of the run, by which two editions of the same inputs would differ.
    """
    notebooks = sorted({one["notebook"] for one in pages.values()})
    runs = [_run(path, one, files) for path, one in sorted(pages.items())]
    graph: list[Entity] = [
        {
            "@id": FILE,
            "@type": "CreativeWork",
            "about": _ref("./"),
            "conformsTo": [
                _ref("https://w3id.org/ro/crate/1.1"),
                _ref("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
            ],
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{title}, edition {edition.name}",
            "description": "Reports on race equality in NHS trusts in England: pages, PDFs, executed notebooks and figures.",
            "identifier": edition.address_of("index.html"),
            "datePublished": edition.date,
            "license": _ref(_LICENCE),
            "author": _ref(_AUTHOR),
            "publisher": _ref(_AUTHOR),
            "conformsTo": [_ref(profile) for profile in _PROFILES],
            "mainEntity": _ref(workflow_file(TRUST_NOTEBOOK)),
            "hasPart": [_ref(name) for name in sorted(files)],
            "mentions": [*(_ref(run["@id"]) for run in runs), _ref(_INPUTS)],
        },
        *({"@id": id, "@type": "CreativeWork", "name": name, "version": v} for id, (name, v) in _PROFILES.items()),
        {"@id": _LICENCE, "@type": "CreativeWork", "name": "Open Government Licence v3.0", "identifier": _LICENCE},
        {"@id": _CODE_LICENCE, "@type": "CreativeWork", "name": "MIT License", "identifier": _CODE_LICENCE},
        {"@id": _AUTHOR, "@type": "Organization", "name": "The race-equality contributors"},
        {
            "@id": _JUPYTER,
            "@type": "ComputerLanguage",
            "name": "Jupyter Notebook, in Python",
            "identifier": _ref("https://jupyter.org"),
            "version": made_from.versions.get("python", ""),
        },
        {
            "@id": _PAPERMILL,
            "@type": "SoftwareApplication",
            "name": "papermill",
            "url": _PAPERMILL,
            "softwareVersion": made_from.versions.get("papermill", ""),
        },
        *(_workflow(name, edition, files) for name in notebooks),
        {
            "@id": _INPUTS,
            "@type": "Collection",
            "name": "Figures, settings and notebooks that the edition was made from",
            "exampleOfWork": _ref(_INPUTS + "-parameter"),
            "mainEntity": _ref(f"#{_TRUST_LIST}"),
            "hasPart": [_ref(f"#{name}") for name in sorted(made_from.inputs)],
        },
        _parameter(_INPUTS + "-parameter", "inputs", "Collection", "All files of the project that pages are made from"),
        _parameter(_TRUST, "trust_code", "Text", "Code of an NHS trust", required=False),
        _parameter(_PAGES, "pages", "File", "The executed notebook, its page, its PDF and its figures"),
        *_inputs(made_from.inputs, sources),
        *(_file(name, digest) for name, digest in sorted(files.items()) if not name.startswith(f"{WORKFLOW}/")),
        *({"@id": run["object"][1]["@id"], **_value(run)} for run in runs if len(run["object"]) > 1),
        *runs,
    ]
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _ref(id: str) -> Entity:
    return {"@id": id}


def _run(path: str, page: Mapping[str, Any], files: Mapping[str, str]) -> Entity:
    stem = path.removesuffix(".ipynb")
    made = [name for name in files if name.startswith((f"{stem}.", f"{stem}-figures."))]
    code = page["parameters"].get("trust_code")
    return {
        "@id": f"#run-{stem}",
        "@type": "CreateAction",
        "name": f"papermill runs {page['notebook']}{f' for {code}' if code else ''}",
        "description": "The executed notebook is rendered to a page and a PDF.",
        "instrument": _ref(workflow_file(page["notebook"])),
        "agent": _ref(_AUTHOR),
        "actionStatus": _ref("http://schema.org/CompletedActionStatus"),
        "object": [_ref(_INPUTS), *([_ref(f"#trust_code-{code}")] if code else [])],
        "result": [_ref(name) for name in sorted(made)],
    }


def _value(run: Entity) -> Entity:
    code = run["object"][1]["@id"].rpartition("-")[2]
    return {"@type": "PropertyValue", "name": "trust_code", "value": code, "exampleOfWork": _ref(_TRUST)}


def _workflow(notebook: str, edition: Edition, files: Mapping[str, str]) -> Entity:
    name = workflow_file(notebook)
    inputs = [_ref(_INPUTS + "-parameter")] + ([_ref(_TRUST)] if notebook == TRUST_NOTEBOOK else [])
    return {
        "@id": name,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "name": notebook,
        "description": "A notebook as it was before it ran.",
        "conformsTo": _ref("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
        "programmingLanguage": _ref(_JUPYTER),
        "encodingFormat": "application/x-ipynb+json",
        "creator": _ref(_AUTHOR),
        "license": _ref(_CODE_LICENCE),
        "url": edition.address_of(name),
        "sha256": files[name],
        "softwareRequirements": _ref(_PAPERMILL),
        "input": inputs,
        "output": [_ref(_PAGES)],
    }


def _parameter(id: str, name: str, kind: str, description: str, *, required: bool = True) -> Entity:
    return {
        "@id": id,
        "@type": "FormalParameter",
        "conformsTo": _ref("https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"),
        "name": name,
        "description": description,
        "additionalType": kind,
        "valueRequired": "True" if required else "False",
    }


def _inputs(inputs: Mapping[str, str], sources: Iterable[Source]) -> Iterable[Entity]:
    by_file = {f"data/figures/{source.id}.parquet": source for source in sources}
    for name, digest in sorted(inputs.items()):
        entity: Entity = {"@id": f"#{name}", "@type": "CreativeWork", "name": name, "sha256": digest}
        if source := by_file.get(name):
            entity |= {
                "description": f"Figures read from {source.title}",
                "isBasedOn": _ref(f"#publication-{source.id}"),
            }
            yield {
                "@id": f"#publication-{source.id}",
                "@type": "CreativeWork",
                "name": source.title,
                "url": source.url,
                "publisher": source.publisher,
                "license": source.licence,
                "sha256": source.sha256,
            }
        yield entity


def _file(name: str, digest: str) -> Entity:
    return {"@id": name, "@type": "File", "name": name, "sha256": digest}
