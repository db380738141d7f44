"""`data update` against a server on this machine: what comes, what fails for a moment, what is gone."""

import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from race_equality.commands import main as cli
from race_equality.errors import InputError, RaceEqualityError
from race_equality.sources.download import ADDRESSES, download, read_addresses
from race_equality.store.figures import read_figures


class Server:
    """Answers each path with a list of (status, content), the last again and again."""

    def __init__(self):
        self.answers, self.asked = {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                answers = outer.answers.get(self.path.split("?")[0], [(404, b"")])
                status, content = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                # one that breaks off promises more than it sends
                self.send_header("Content-Length", str(len(content) + (1000 if status == 206 else 0)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Server()
    yield one
    one.close()


def test_a_server_that_fails_for_a_moment_is_asked_again(server, tmp_path):
    server.answers["/a/file.csv"] = [(503, b""), (206, b"trust"), (200, b"trust_code\nRJ1\n")]
    waits = []
    path = download(f"{server.address}/a/file.csv?edition=1", tmp_path / "raw", wait=waits.append)
    assert server.asked == ["/a/file.csv?edition=1"] * 3
    assert waits == [1.0, 2.0]
    assert path == tmp_path / "raw" / "file.csv"
    assert path.read_text(encoding="utf-8") == "trust_code\nRJ1\n"
    assert [one.name for one in path.parent.iterdir()] == ["file.csv"]


def test_waits_grow_and_then_it_gives_up_and_leaves_nothing(server, tmp_path):
    server.answers["/file.csv"] = [(503, b"")]
    waits = []
    with pytest.raises(RaceEqualityError, match="HTTP 503 .*tried 3 times. What is held stays as it was"):
        download(f"{server.address}/file.csv", tmp_path / "raw", wait=waits.append)
    assert waits == [1.0, 2.0]
    assert len(server.asked) == 3
    assert not (tmp_path / "raw").exists()


def test_a_file_that_is_gone_is_not_asked_for_again(server, tmp_path):
    with pytest.raises(RaceEqualityError, match="is not there any more .HTTP 404 .*Find the new address"):
        download(f"{server.address}/gone.csv", tmp_path, wait=pytest.fail)
    assert server.asked == ["/gone.csv"]


def test_without_a_network_it_says_so(tmp_path, monkeypatch):
    import socket

    def no_name(*arguments, **more):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    with pytest.raises(RaceEqualityError, match="There is no network, or no server of that name; tried 3 times"):
        download("http://publisher.invalid/file.csv", tmp_path, wait=lambda seconds: None)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_refuses_is_named(tmp_path):
    spare = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = spare.server_port
    spare.server_close()
    with pytest.raises(RaceEqualityError, match="The server cannot be reached"):
        download(f"http://127.0.0.1:{port}/x.csv", tmp_path, wait=lambda seconds: None)


def test_a_zip_archive_of_one_csv_is_unpacked(server, tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("etr/etr.csv", "RJ1,X\n")
        archive.writestr("etr/etr.pdf", "about it")
    server.answers["/etr.zip"] = [(200, content.getvalue())]
    path = download(f"{server.address}/etr.zip", tmp_path)
    assert (path.name, path.read_text(encoding="utf-8")) == ("etr.csv", "RJ1,X\n")
    server.answers["/etr.zip"] = [(200, b"<html>We have moved</html>")]
    with pytest.raises(RaceEqualityError, match="is not a zip archive"):
        download(f"{server.address}/etr.zip", tmp_path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "There are no addresses"),
        ("ods_etr: file:///etc/passwd\n", "is not of the web"),
        ("../x: https://example.org/\n", "is no source id"),
        ("a: [\n", "addresses.yml, line .: A list or a part in brackets is not closed."),
    ],
)
def test_wrong_addresses_are_named(tmp_path, text, problem):
    path = tmp_path / "addresses.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_addresses(path)


def test_the_addresses_of_the_project_are_addresses():
    from race_equality.project import find_project

    addresses = read_addresses(find_project().root / ADDRESSES)
    assert addresses["ods_etr"].startswith("https://")


def test_update_reads_what_is_new_and_leaves_what_is_held(server, project, cut, read_cut, write, tmp_path, monkeypatch):
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(project.root))
    monkeypatch.chdir(project.root)
    read_cut(project)
    (project.root / ADDRESSES).write_text(
        f"catchment: {server.address}/trust_catchment_2026.csv\nods_etr: {server.address}/etr.csv\n", encoding="utf-8"
    )

    def update(*arguments):
        return CliRunner().invoke(cli.main, ["data", "update", *arguments])

    server.answers["/trust_catchment_2026.csv"] = [(200, cut.population.read_bytes())]
    server.answers["/etr.csv"] = [(200, b"RJ1,changed\n")]
    result = update()
    assert result.exit_code == 0, result.output
    assert "catchment: trust_catchment_2026.csv is the file already held" in result.output
    assert (
        "ods_etr: data/raw/ods_etr/etr.csv is new. It is read together with the list of trusts by kind" in result.output
    )
    text = cut.population.read_text(encoding="utf-8").replace("800000", "812345")
    server.answers["/trust_catchment_2026.csv"] = [(200, text.encode())]
    result = update("--dry-run", "catchment")
    assert "Nothing was changed" in result.output
    assert read_figures("catchment_population", project=project)["value"].eq(812_345).sum() == 0
    result = update("catchment")
    assert "figures with another value: 1" in result.output, result.output
    assert read_figures("catchment_population", project=project)["value"].eq(812_345).sum() == 1
    before = {path.name: path.read_bytes() for path in project.figures.iterdir()}
    heading = text.partition(",")[0]
    server.answers["/trust_catchment_2026.csv"] = [(200, text.replace(heading, f"{heading}_renamed", 1).encode())]
    result = update("--dry-run", "catchment")
    assert result.exit_code != 0 and "catchment: " in result.output, (
        "a layout that changed is said, with the id of its publication"
    )
    server.answers["/trust_catchment_2026.csv"] = [(404, b"")]
    result = update("catchment")
    assert result.exit_code != 0 and "Find the new address" in result.output
    assert {path.name: path.read_bytes() for path in project.figures.iterdir()} == before
    # one that is gone does not keep the others from being read
    server.answers["/etr.csv"] = [(200, b"RJ1,changed again\n")]
    result = update()
    assert result.exit_code != 0
    assert "ods_etr: data/raw/ods_etr/etr.csv is new" in result.output
    assert "catchment: " in result.output and "Find the new address" in result.output
    assert "'catchments' has no address. The nearest is 'catchment'" in update("catchments").output


def test_an_interface_without_a_file_name_gives_the_sources(server, tmp_path):
    server.answers["/api/getReport"] = [(200, b"RJ1,X\n")]
    path = download(f"{server.address}/api/getReport?report=etr", tmp_path / "ods_etr")
    assert path.name == "ods_etr.csv"


def test_of_an_archive_the_publication_is_read(server, project, read_cut, write, tmp_path, monkeypatch):
    monkeypatch.setenv("RACE_EQUALITY_PROJECT", str(project.root))
    monkeypatch.chdir(project.root)
    read_cut(project)
    groups = (
        "Asian, Asian British or Asian Welsh",
        "Black, Black British, Black Welsh, Caribbean or African",
        "Mixed or Multiple ethnic groups",
        "White",
        "Other ethnic group",
    )
    header = ["geography", "geography code", *(f'"Ethnic group: {g}"' for g in ("Total: All usual residents", *groups))]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, area in (("rgn", "London,E12000007"), ("ctry", "England,E92000001"), ("lsoa", "City,E01000001")):
            archive.writestr(f"census2021-ts021-{name}.csv", f"{','.join(header)}\n{area},100,20,10,5,60,5\n")
    server.answers["/census2021-ts021.zip"] = [(200, content.getvalue())]
    (project.root / ADDRESSES).write_text(
        f"census_ethnicity: {server.address}/census2021-ts021.zip\n", encoding="utf-8"
    )

    def update():
        result = CliRunner().invoke(cli.main, ["data", "update"])
        assert result.exit_code == 0, result.output
        return result.output

    assert "census_ethnicity_2021: census2021-ts021-ctry.csv" in update()
    figures = read_figures("census_ethnicity", project=project).set_index("group")["value"]
    assert figures["White"] == 60
    assert "census_ethnicity: census2021-ts021-ctry.csv is the file already held" in update()
