"""Executed notebooks go where papermill can write, once each, and a store that fails is said."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import boto3
import pytest
from moto import mock_aws
from papermill.iorw import S3, papermill_io

from race_equality.batch.cloud_copies import check_address, copy_notebook
from race_equality.errors import RaceEqualityError


class Store:
    """A handler as a package registers one for its scheme under papermill's entry point."""

    def __init__(self, failing: int = 0) -> None:
        self.held: dict[str, str] = {}
        self.failing = failing

    def write(self, text: str, path: str) -> None:
        if self.failing:
            self.failing -= 1
            raise ConnectionError("the store is away\nand more")
        self.held[path] = text


@pytest.fixture
def store(monkeypatch):
    store = Store()
    monkeypatch.setattr(papermill_io, "_handlers", [("store://", store), *papermill_io._handlers])
    return store


def test_a_registered_handler_gets_the_notebook(store, tmp_path):
    check_address("store://bucket/reports")
    (tmp_path / "RJ1.ipynb").write_text('{"cells": ["é"]}', encoding="utf-8")
    store.failing = 2
    copy_notebook(tmp_path / "RJ1.ipynb", "store://bucket/reports/trusts/RJ1.ipynb")
    assert store.held == {"store://bucket/reports/trusts/RJ1.ipynb": '{"cells": ["é"]}'}


def test_a_store_that_stays_away_is_said(store, tmp_path):
    (tmp_path / "RJ1.ipynb").write_text("{}", encoding="utf-8")
    store.failing = 3
    with pytest.raises(RaceEqualityError) as error:
        copy_notebook(tmp_path / "RJ1.ipynb", "store://b/RJ1.ipynb")
    assert str(error.value) == "store://b/RJ1.ipynb could not be written: the store is away."


@pytest.mark.parametrize("address", ["ftp://x/y", "reports", "/somewhere", "s3:/bucket", "s3://"])
def test_what_is_no_address_of_a_store(address):
    with pytest.raises(RaceEqualityError, match="not an address that papermill writes to") as error:
        check_address(address)
    assert "s3://" in str(error.value)
    assert "gs://" in str(error.value)


@pytest.mark.parametrize(
    ("address", "extra"),
    [("s3://b/x", "s3"), ("gs://b/x", "gcs"), ("abs://account.blob.core.windows.net/b/x", "azure")],
)
def test_what_is_not_installed_is_named(address, extra, tmp_path):
    # in a process of its own, in which none of the stores' libraries can be imported
    code = f"""
        import sys
        for name in ("boto3", "gcsfs", "azure"): sys.modules[name] = None
        from race_equality.batch.cloud_copies import check_address
        from race_equality.errors import RaceEqualityError
        try: check_address({address!r})
        except RaceEqualityError as error: print(error)
    """
    end = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert f"Notebooks cannot be copied to {address}: " in end.stdout
    assert f"pip install papermill[{extra}]" in end.stdout


@pytest.fixture
def s3(monkeypatch, tmp_path):
    """Amazon's S3 as moto plays it, in this process, and none of this machine's own credentials."""
    for name in ("PROFILE", "SESSION_TOKEN", "ENDPOINT_URL", "ENDPOINT_URL_S3"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(S3, "s3_session", (None, None, None))  # papermill keeps its first for good
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    with mock_aws(config={"core": {"mock_credentials": False}}):
        client = boto3.client("s3", region_name="eu-west-2")
        client.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        yield client


def test_s3_takes_the_notebooks(s3, small_project, monkeypatch):
    from click.testing import CliRunner

    from race_equality.commands.main import main

    monkeypatch.chdir(small_project)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(small_project))
    command = ["build", "RJ1", "--output", "out", "--renderer", "built-in", "--engine", "default"]
    end = CliRunner().invoke(main, [*command, "--copy-to", "s3://reports/of 2026"])
    assert end.exit_code == 0, end.output
    assert "2 notebooks copied." in end.stdout
    held = {one["Key"] for one in s3.list_objects_v2(Bucket="reports")["Contents"]}
    assert held == {"of 2026/notebooks/national_overview.ipynb", "of 2026/trusts/RJ1.ipynb"}
    copy = s3.get_object(Bucket="reports", Key="of 2026/trusts/RJ1.ipynb")["Body"].read()
    here = (small_project / "out" / "site" / "trusts" / "RJ1.ipynb").read_bytes()
    assert json.loads(copy) == json.loads(here)

    # a bucket that is not there is said before anything is made
    end = CliRunner().invoke(main, [*command, "--force", "--copy-to", "s3://report/x"])
    assert end.exit_code == 2
    assert end.stderr == "Error: Notebooks cannot be copied to s3://report/x: there is no bucket report.\n"


def test_s3_without_credentials_is_said(s3, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(RaceEqualityError) as error:
        check_address("s3://reports/x")
    assert str(error.value) == "Notebooks cannot be copied to s3://reports/x: Unable to locate credentials."


def test_s3_that_refuses_is_said(s3, tmp_path):
    (tmp_path / "RJ1.ipynb").write_text("{}", encoding="utf-8")
    check_address("s3://reports/x")
    s3.delete_bucket(Bucket="reports")
    with pytest.raises(RaceEqualityError, match="s3://reports/x/RJ1.ipynb could not be written: .*NoSuchBucket"):
        copy_notebook(tmp_path / "RJ1.ipynb", "s3://reports/x/RJ1.ipynb")


def test_a_build_copies_each_notebook_once(small_project, store, monkeypatch):
    from click.testing import CliRunner

    from race_equality.commands.main import main

    monkeypatch.chdir(small_project)
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(small_project))
    command = ["build", "RJ1", "--output", "out", "--renderer", "built-in", "--engine", "default"]
    command += ["--copy-to", "store://bucket/reports/"]
    end = CliRunner().invoke(main, command)
    assert end.exit_code == 0, end.output
    assert "2 notebooks copied." in end.stdout
    there = {path: json.loads(text) for path, text in store.held.items()}
    assert sorted(there) == [
        "store://bucket/reports/notebooks/national_overview.ipynb",
        "store://bucket/reports/trusts/RJ1.ipynb",
    ]
    site = small_project / "out" / "site"
    assert there["store://bucket/reports/trusts/RJ1.ipynb"] == json.loads(
        (site / "trusts" / "RJ1.ipynb").read_text(encoding="utf-8")
    )

    store.held.clear()
    assert "copied" not in CliRunner().invoke(main, command).stdout
    assert store.held == {}
    store.failing = 100
    end = CliRunner().invoke(main, [*command[:-1], "store://another"])
    assert end.exit_code == 1
    assert "2 notebooks not copied. store://another/" in end.stdout
