"""Boundaries of integrated care boards, for a map by system."""

import json

import pytest

from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.ingest import read_folder
from race_equality.sources.publications.boundaries import read_boundaries
from race_equality.sources.store_check import check_store
from race_equality.store.geography import BOUNDARIES_FILE, read_system_boundaries
from race_equality.store.provenance import read_source
from race_equality.store.trusts import read_trusts, system_codes

CODES = {"E54000030": ("QKK", "South East London"), "E54000063": ("QXU", "Surrey Heartlands")}
SQUARE = [[-0.1, 51.4], [-0.1, 51.5], [0.0, 51.5], [0.0, 51.4], [-0.1, 51.4]]


def feature(code, ring=SQUARE, shape="Polygon", name="icb22_code"):
    coordinates = [ring] if shape == "Polygon" else [[ring]]
    return {
        "type": "Feature",
        "properties": {name: code, "icb22_name": "as published"},
        "geometry": {"type": shape, "coordinates": coordinates},
    }


def write(path, *features):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_each_board_stands_under_its_nhs_code_whatever_its_ons_code_of_the_year(tmp_path):
    # Surrey Heartlands: E54000052 in 2022, E54000063 since 2023
    path = write(tmp_path / "icb_2022.geojson", feature("E54000052", shape="MultiPolygon"), feature("E54000030"))
    content, year = read_boundaries(path, CODES)
    found = json.loads(content)["features"]
    assert year == "2022"
    assert [f["properties"] for f in found] == [
        {"system_code": "QKK", "system_name": "South East London"},
        {"system_code": "QXU", "system_name": "Surrey Heartlands"},
    ]
    assert found[0]["geometry"] == {"type": "Polygon", "coordinates": [SQUARE]}


@pytest.mark.parametrize(
    ("features", "problem"),
    [
        ([feature("E54000030")], "no area of Surrey Heartlands"),
        ([feature("E54000030"), feature("E54000030")], "feature 2: The board QKK is listed twice"),
        ([feature("W11000028")], "feature 1: 'W11000028' is not the code of a board"),
        ([feature("E54000030", ring=SQUARE[:-1])], "feature 1: It is no closed area"),
        ([feature("E54000030", ring=[[530000, 180000]] * 4)], "feature 1: It lies outside England"),
        ([feature("E54000030", name="icb_22")], "no property icbYY_code. The nearest is 'icb22_name'|'icb_22'"),
        ([], "not GeoJSON with features"),
        (["text"], "not GeoJSON with features"),
    ],
)
def test_what_is_no_map_of_the_boards_is_refused(tmp_path, features, problem):
    with pytest.raises(InputError, match=problem):
        read_boundaries(write(tmp_path / "icb_2022.geojson", *features), CODES)


def test_a_folder_is_read_with_its_boundaries_or_not_at_all(cut, project):
    geojson = cut.path / "geography" / "icb_2022.geojson"
    write(geojson, feature("E54000030"))
    with pytest.raises(InputError, match="no area of Cambridgeshire and Peterborough, Norfolk and Waveney"):
        read_folder(cut.path, project)
    assert not list(project.figures.iterdir())
    write(geojson, *(feature(code) for code in ("E54000030", "E54000022", "E54000056")))
    read_folder(cut.path, project)
    assert len(read_system_boundaries(project=project)["features"]) == 3
    assert check_store(project) == []


def test_the_map_held_has_every_system_that_a_trust_names():
    boundaries = read_system_boundaries()
    drawn = {f["properties"]["system_code"]: f["properties"]["system_name"] for f in boundaries["features"]}
    named = {code for system in read_trusts()["system"] for code in system_codes(system)}
    assert len(drawn) == 42
    assert named == set(drawn)
    assert drawn["QKK"] == "South East London"
    assert read_source("system_boundaries").period == "July 2022"


def test_a_map_that_was_edited_or_lost_is_named(cut, project):
    with pytest.raises(RaceEqualityError, match="systems.geojson is not there"):
        read_system_boundaries(project=project)
    (project.figures / BOUNDARIES_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(RaceEqualityError, match="systems.geojson is not whole"):
        read_system_boundaries(project=project)
    assert any("systems.geojson: its source is not there" in problem for problem in check_store(project))
