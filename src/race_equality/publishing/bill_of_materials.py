"""The software that an edition was made with, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

from __future__ import annotations

import json
import platform
import re
import sqlite3
from importlib import metadata
from typing import Any

FILE = "sbom.cdx.json"
_OWN = "race-equality"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def bill_of_materials(*, quarto: str = "") -> str:
    """List each package that this one needs to make a site, and what these need, as they are installed.

    Parameters
    ----------
    quarto : str, optional
        The version of Quarto, where it rendered.

    Returns
    -------
    str
        JSON, without a time or a serial number: two editions by the same software have the same.
    """
    found: dict[str, metadata.Distribution] = {}
    needs: dict[str, list[str]] = {}
    wanted = [_OWN]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of another platform, or Python
        needs[name] = sorted(_requires(found[name]))
        wanted += needs[name]
    own = found.pop(_OWN)
    components = [_component(name, found[name]) for name in sorted(found)]
    others = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version, "Quarto": quarto}
    components += [
        {"type": "platform" if name == "Python" else "application", "bom-ref": name, "name": name, "version": version}
        for name, version in others.items()
        if version
    ]
    dependencies = [
        {
            "ref": _reference(name, {**found, _OWN: own}),
            "dependsOn": [_reference(one, found) for one in needs[name] if one in found],
        }
        for name in sorted(needs)
    ]
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**_component(_OWN, own), "type": "application"}},
        "components": components,
        "dependencies": dependencies,
    }
    return json.dumps(bill, indent=1, ensure_ascii=False) + "\n"


def _requires(distribution: metadata.Distribution) -> set[str]:
    """Name what a package needs, without its extras; what another platform needs is not installed, and so left out."""
    needed = (text for text in distribution.requires or () if "extra ==" not in text.partition(";")[2])
    # as registries spell names: https://packaging.python.org/en/latest/specifications/name-normalization/
    return {re.sub(r"[-_.]+", "-", found[0]).lower() for text in needed if (found := _NAME.match(text))}


def _reference(name: str, found: dict[str, metadata.Distribution]) -> str:
    return f"pkg:pypi/{name}@{found[name].version}"


def _component(name: str, distribution: metadata.Distribution) -> dict[str, Any]:
    reference = _reference(name, {name: distribution})
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": distribution.version,
        "purl": reference,
    }
    about: Any = distribution.metadata  # an e-mail message, whose type has no get
    if expression := about.get("License-Expression"):
        component["licenses"] = [{"expression": expression}]
    elif (licence := about.get("License")) and "\n" not in licence and len(licence) < 100:
        component["licenses"] = [{"license": {"name": licence}}]
    return component
