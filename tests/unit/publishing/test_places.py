"""An edition is at its place as a whole or not at all, whenever publishing is interrupted."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws
from papermill.iorw import S3

from race_equality.errors import RaceEqualityError
from race_equality.publishing import places
from race_equality.publishing.places import in_order, open_place

FILES = {
    "index.html": b"<p>first</p>",
    "trusts/RJ1.html": b"<p>RJ1</p>",
    "manifest.json": b"{}",
    "trusts/RJ1.pdf": b"%PDF",
}


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    """Amazon's S3 as moto plays it, in this process."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(S3, "s3_session", (None, None, None))  # papermill keeps its first for good
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with mock_aws(config={"core": {"mock_credentials": False}}):
        client = boto3.client("s3", region_name="eu-west-2")
        client.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        yield client


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    if request.param == "bucket":
        request.getfixturevalue("bucket")
        return open_place("s3://reports/of nhs")
    return open_place(str(tmp_path / "place"))


def test_an_edition_stands_and_is_never_overwritten(place):
    with place.held():
        place.put("2026-09", FILES)
        place.point_latest("2026-09")
        place.put("2026-10", FILES)
    assert place.editions() == ["2026-09", "2026-10"]
    assert place.names("2026-10") == sorted(FILES)
    assert place.latest() == "2026-09"
    place.point_latest("2026-10")
    assert place.latest() == "2026-10"
    with pytest.raises(RaceEqualityError, match=r"Edition 2026-10 stands, .* such as 2026-10-2\."):
        place.put("2026-10", FILES | {"index.html": b"another"})
    assert place.read("2026-10/index.html") == FILES["index.html"]
    assert place.read("2026-10/none.html") is None


def test_interrupted_at_each_file_leaves_the_edition_before_and_goes_on(place, monkeypatch):
    place.put("2026-10", FILES)
    place.point_latest("2026-10")
    write, put = places.write_atomically, getattr(type(place), "_put", None)

    for number in range(len(FILES)):
        left = iter(range(number))

        def interrupted(*arguments, left=left, **how):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return put(*arguments, **how) if put else write(*arguments, **how)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            if put:
                patch.setattr(type(place), "_put", interrupted)
            else:
                patch.setattr(places, "write_atomically", interrupted)
            place.put("2026-11", FILES)
        assert place.editions() == ["2026-10"]
        assert place.latest() == "2026-10"
    place.put("2026-11", FILES)
    assert place.editions() == ["2026-10", "2026-11"]


def test_what_a_killed_command_left_in_a_folder_goes_with_the_next(tmp_path):
    place = open_place(str(tmp_path))
    (tmp_path / ".unfinished-x" / "trusts").mkdir(parents=True)
    with place.held():
        assert not (tmp_path / ".unfinished-x").exists()
        with pytest.raises(RaceEqualityError, match="Another build"), open_place(str(tmp_path)).held():
            pass


def test_pages_of_a_bucket_have_their_kind_and_lead_to_the_latest(bucket):
    place = open_place("s3://reports")
    place.put("2026-11", FILES)
    place.point_latest("2026-11")
    kinds = {
        name: bucket.head_object(Bucket="reports", Key=name)["ContentType"]
        for name in ("2026-11/index.html", "2026-11/trusts/RJ1.pdf", "latest/trusts/RJ1.html")
    }
    assert list(kinds.values()) == ["text/html; charset=utf-8", "application/pdf", "text/html; charset=utf-8"]
    assert b'content="0; url=../../2026-11/trusts/RJ1.html"' in place.read("latest/trusts/RJ1.html")


def test_another_address_is_refused_and_editions_are_in_order_of_time():
    with pytest.raises(RaceEqualityError, match=r"a folder or to s3://, not to gs://b"):
        open_place("gs://b")
    assert in_order(["2026-11-10", "2026-12", "2026-11-2", "2026-11"]) == [
        "2026-11",
        "2026-11-2",
        "2026-11-10",
        "2026-12",
    ]
