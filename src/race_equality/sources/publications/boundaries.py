"""Boundaries of integrated care boards: the ONS's areas under their NHS codes, for a map by system."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from race_equality.errors import InputError, nearest
from race_equality.sources.file_kinds import check_file
from race_equality.sources.publications.systems import CODES_OF_2022

#: Where the file lies in a folder of raw files.
PATTERN = "geography/icb_[0-9][0-9][0-9][0-9].geojson"
TITLE = "Integrated care boards (July {year}), boundaries simplified for drawing"
PUBLISHER = "Office for National Statistics; simplified by the British Red Cross (geographr)"
URL = "https://geoportal.statistics.gov.uk/"
NOTES = (
    "The 42 boards of July 2022, each under the NHS code that data/figures/systems.csv gives it. Surrey "
    "Heartlands and Sussex have another ONS code since a boundary moved in 2023; their NHS codes stayed. On "
    "1 April 2026 the 42 boards became 36.",
    "Simplified so that neighbours still share their borders: fit for a small map, not to measure by or to "
    "find the board of an address.",
    "Coordinates are longitude and latitude (WGS 84), as in the file that was read.",
    "Contains OS data © Crown copyright and database right 2022.",
)

# England with its islands, in degrees
_WEST, _EAST, _SOUTH, _NORTH = -6.5, 2.0, 49.8, 55.9


def is_boundaries(path: Path) -> bool:
    """Return whether a file is GeoJSON: a text that starts with a brace and mentions features."""
    with open(check_file(path), "rb") as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and b'"FeatureCollection"' in start


def read_boundaries(path: Path, codes: Mapping[str, tuple[str, str]]) -> tuple[bytes, str]:
    """Read the boundaries of integrated care boards.

    Parameters
    ----------
    path : Path
        GeoJSON of the ONS, with the properties ``icbYY_code`` and ``icbYY_name``.
    codes : mapping of str to (str, str)
        ONS code to NHS code and short name; see :func:`race_equality.sources.publications.systems.read_codes`.

    Returns
    -------
    bytes
        GeoJSON, a feature each board in the order of their NHS codes, with the properties
        ``system_code`` and ``system_name``.
    str
        The year of the boundaries: ``"2022"``.

    Raises
    ------
    InputError
        Naming the feature, for anything that is not a polygon in England under the code of a board.
    """
    codes = dict(codes) | {old: codes[new] for old, new in CODES_OF_2022.items() if new in codes}
    try:
        features = list(json.loads(check_file(path).read_text(encoding="utf-8-sig"))["features"])
        properties = dict(features[0]["properties"])
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise InputError(
            f"The file is not GeoJSON with features ({error!r}).", file=path, mend="Download it again."
        ) from None
    found = [m for name in properties if (m := re.fullmatch(r"icb(\d\d)_?(?:code|cd)", name, re.IGNORECASE))]
    if len(found) != 1:
        near = nearest("icb22_code", properties)
        raise InputError(
            "The features have no property icbYY_code." + (f" The nearest is {near!r}." if near else ""),
            file=path,
            mend="Give the boundaries of integrated care boards, as the ONS publishes them.",
        )
    key, year = found[0].group(), f"20{found[0].group(1)}"
    drawn = {}
    for number, feature in enumerate(features, start=1):
        place = f"feature {number}"
        try:
            ons_code, geometry = feature["properties"][key], feature["geometry"]
            shape, coordinates = geometry["type"], geometry["coordinates"]
            polygons = [coordinates] if shape == "Polygon" else coordinates
            rings = [ring for polygon in polygons for ring in polygon]
            inside = all(
                _WEST <= longitude <= _EAST and _SOUTH <= latitude <= _NORTH
                for ring in rings
                for longitude, latitude in ring
            )
            closed = bool(rings) and all(len(ring) >= 4 and ring[0] == ring[-1] for ring in rings)
        except (KeyError, TypeError, ValueError):
            shape, ons_code, inside, closed = "", "", False, False
        if shape not in ("Polygon", "MultiPolygon") or not closed:
            raise InputError("It is no closed area.", file=path, row=place, mend="Download it again.")
        if not inside:
            raise InputError(
                "It lies outside England.",
                file=path,
                row=place,
                mend="Give the boundaries in longitude and latitude (WGS 84), not on the national grid.",
            )
        if not isinstance(ons_code, str) or ons_code not in codes:
            raise InputError(
                f"{ons_code!r} is not the code of a board in the list of boards.",
                file=path,
                row=place,
                mend="Give the boundaries of the boards of 2022 to 2024.",
            )
        code, name = codes[ons_code]
        if code in drawn:
            raise InputError(f"The board {code} is listed twice.", file=path, row=place, mend="Keep one.")
        drawn[code] = {
            "type": "Feature",
            "properties": {"system_code": code, "system_name": name},
            "geometry": {"type": shape, "coordinates": coordinates},
        }
    if missing := sorted({name for code, name in codes.values() if code not in drawn}):
        raise InputError(f"There is no area of {', '.join(missing[:5])}.", file=path, mend="Download the whole file.")
    lines = ",\n".join(json.dumps(drawn[code], ensure_ascii=False, separators=(",", ":")) for code in sorted(drawn))
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode(), year
