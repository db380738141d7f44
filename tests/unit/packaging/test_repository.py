"""What stands in the repository, and what never may."""

import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

ROOT = Path(__file__).parents[3]

#: The house as docs and commands know it.
LAYOUT = (
    "notebooks/board_report.ipynb",
    "notebooks/national_overview.ipynb",
    "data/figures",
    "data/sources",
    "params/_defaults.yml",
    "params/trusts",
    "_quarto.yml",
    "index.qmd",
    "environment.yml",
    "tests",
    "src/race_equality/commands/main.py",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
    "requirements-lab.lock",
    "Makefile",
    ".ci/run",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "CITATION.cff",
    "benchmarks",
    "docs",
)

SOURCE_FIELDS = {"title", "publisher", "url", "licence", "date_read", "sha256", "file", "period"}

# Written so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(
        (
            r"\bpyp" r"i\.(?:org|io|python\.org)",
            r"python" r"hosted\.org",
            r"conda\.ana" r"conda\.org",
            r"registry\.np" r"mjs\.org",
            r"deb\.deb" r"ian\.org",
            r"security\.deb" r"ian\.org",
        )
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}~*/-])/(?:work|opt|root|tmp|home/\w+|Users/\w+)/\w")


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files that git tracks; in an unpacked archive without git, every file of ours."""
    # A checkout that somebody else owns, as in a container, is still this one: safe.directory.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False
    )
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.decode("utf-8").split("\0") if name]
    else:
        ours = re.compile(r"(?!\.venv|output$|\.git$|_site$|\.pytest_cache$|\.hypothesis$|local$).")
        files = [
            path
            for path in ROOT.rglob("*")
            if all(ours.match(part) for part in path.relative_to(ROOT).parts) and "__pycache__" not in path.parts
        ]
    return tuple(path for path in files if path.is_file())


def texts():
    """Yield tracked text files with their text."""
    for path in tracked():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_the_layout_stands():
    assert [name for name in LAYOUT if not (ROOT / name).exists()] == []


def test_no_file_names_a_package_registry():
    found = {
        str(path.relative_to(ROOT)): REGISTRIES.search(text).group(0)
        for path, text in texts()
        if REGISTRIES.search(text)
    }
    assert found == {}


def test_no_file_names_a_path_of_somebodys_machine():
    found = {
        str(path.relative_to(ROOT)): MACHINE_PATHS.search(text).group(0)
        for path, text in texts()
        if MACHINE_PATHS.search(text)
    }
    assert found == {}


@pytest.fixture
def refuse_files():
    spec = importlib.util.spec_from_file_location("refuse_files", ROOT / "scripts" / "refuse_files.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_tracked_file_is_one_that_the_hook_refuses(refuse_files):
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert "notebooks/board_report.ipynb" in names
    assert {name: reason for name in names if (reason := refuse_files.reason_to_refuse(ROOT, name))} == {}


#: Staff by band as a return has them: the first is public too.
STAFF = (12838, 19574, 1487, 2933, 381, 645, 7)


@pytest.fixture
def with_return(tmp_path: Path) -> Path:
    """A project with the return of a trust, of which one number is published as well."""
    for place, values in (("local/R1H", STAFF), ("figures/workforce", STAFF[:1])):
        file = tmp_path / "data" / f"{place}.parquet"
        file.parent.mkdir(parents=True)
        columns = {"trust_code": ["R1H"] * len(values), "value": map(float, values)}
        table = pa.table({name: pa.array(list(column)) for name, column in columns.items()})
        for name in ("numerator", "denominator"):
            table = table.append_column(name, pa.nulls(len(table), pa.float64()))
        pq.write_table(table, file)
    return tmp_path


def in_a_workbook(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("docs/bands.csv", "band,staff\n" + "\n".join(f"{n},{v}" for n, v in enumerate(STAFF)), "5 numbers of R1H"),
        ("docs/note.md", " ".join(f"{value:,}" for value in STAFF), "5 numbers of R1H"),
        ("docs/pandas.py", " ".join(f"{value}.0" for value in STAFF), "5 numbers of R1H"),
        ("tables.xlsx", in_a_workbook("".join(f"<v>{value}</v>" for value in STAFF)), "5 numbers of R1H"),
        ("docs/local.bin", None, "a copy of data/local/R1H.parquet"),
        ("R1H.html", "<p>Local: not for publication without the trust’s consent.</p>", "'not for publication'"),
        ("tests/notebooks/board_report_R1H.ipynb", '{"cells": ["wres_return_R1H, row 2"]}', "'wres_return_R1H'"),
        ("docs/R1H.csv", "# The figures stay in data/local/ on this machine; git ignores", "'data/local/ on this"),
        ("R1H.pdf", b"%PDF-1.7", "a report as PDF"),
        # four are no proof, and public numbers are none at all
        ("docs/four.csv", ",".join(map(str, STAFF[:5])), None),
        ("docs/return.md", "What is not for publication, such as wres_return_R1H, stays here.", None),
        # among all numbers of three and four digits every one of the return is found by chance
        ("docs/all.csv", "\n".join(map(str, range(100, 10000))), None),
        ("docs/sources.csv", "wres_return_CODE", None),
    ],
)
def test_the_hook_refuses_what_shows_a_return(refuse_files, with_return, name, content, why):
    if content is None:
        content = (with_return / "data" / "local" / "R1H.parquet").read_bytes()
    (with_return / name).parent.mkdir(parents=True, exist_ok=True)
    (with_return / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    reason = refuse_files.reason_to_refuse(with_return, name)
    assert reason is None if why is None else why in (reason or "")


@pytest.mark.parametrize(
    ("name", "is_ignored"),
    [
        ("out.ipynb", True),  # README's papermill
        ("R1H.html", True),
        ("output/single/R1H.html", True),
        ("executed/trusts/R1H.ipynb", True),
        ("output/board-only/R1H.pdf", True),
        ("data/local/R1H_wres_return.xlsx", True),
        ("notebooks/Untitled1.ipynb", True),
        ("notebooks/scratch/question.ipynb", True),
        ("notebooks/question.ipynb", False),
    ],
)
def test_git_ignores_where_commands_write_what_may_show_a_return(name, is_ignored):
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    end = subprocess.run(["git", "-C", str(ROOT), "check-ignore", "--quiet", "--no-index", name], check=False)
    assert end.returncode == (0 if is_ignored else 1)


def test_the_hook_refuses_returns_executed_notebooks_and_large_files(tmp_path):
    def run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        return subprocess.run(
            command, cwd=tmp_path, env=environment | more, capture_output=True, text=True, check=False
        )

    run("git", "init", "--quiet")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name in (".pre-commit-config.yaml", "scripts/refuse_files.py", "notebooks/methods.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    hook = (sys.executable, "-m", "pre_commit", "run", "refused-files")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    run("git", "add", ".pre-commit-config.yaml", "scripts", "notebooks")
    end = run(*hook, **home)
    assert end.returncode == 0, end.stdout + end.stderr

    notebook = json.loads((ROOT / "notebooks" / "methods.ipynb").read_text(encoding="utf-8"))
    number, cell = next((n, cell) for n, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code")
    cell["execution_count"] = 1
    (tmp_path / "notebooks" / "ran.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (tmp_path / "data" / "local").mkdir(parents=True)
    (tmp_path / "data" / "local" / "wres_return_RJ1.parquet").write_bytes(b"few people")
    (tmp_path / "data" / "publication.csv").write_bytes(bytes(3_000_001))
    run("git", "add", "--force", "notebooks", "data")
    end = run(*hook, **home)
    assert end.returncode == 1, end.stdout + end.stderr
    said = [line for line in end.stdout.splitlines() if line.startswith(("data/", "notebooks/", "scripts/"))]
    assert sorted(said) == [
        "data/local/wres_return_RJ1.parquet: a trust's own return stays on its machine",
        "data/publication.csv: larger than 3 MB",
        f"notebooks/ran.ipynb: cell {number} holds outputs of a run: clear the outputs of all cells",
    ]


def test_hooks_fetch_nothing():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    assert {hook["language"] for repository in config["repos"] for hook in repository["hooks"]} == {"system"}


def test_every_notebook_has_one_parameters_cell():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
        assert len(tagged) <= 1, path.name
        if path.name == "board_report.ipynb":
            assert len(tagged) == 1, "board_report.ipynb needs one cell tagged parameters"


def test_every_publication_says_where_it_comes_from():
    sources = sorted((ROOT / "data" / "sources").glob("*.yml"))
    assert sources, "data/sources is empty"
    for path in sources:
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.stem == "demonstration":  # invented, so there is no file and no address
            assert "invented" in f"{source['title']} {source['notes']}".lower()
            continue
        missing = {field for field in SOURCE_FIELDS if not source.get(field)}
        assert missing == set(), f"{path.name} lacks {sorted(missing)}"
        assert re.fullmatch(r"[0-9a-f]{64}", source["sha256"]), path.name
        assert source["url"].startswith("https://"), path.name


def test_figures_stay_small_and_are_all_there_is_of_data():
    figures = [path for path in tracked() if path.is_relative_to(ROOT / "data")]
    assert {path.suffix for path in figures} <= {".parquet", ".csv", ".geojson", ".yml", ".md"}
    assert sum(path.stat().st_size for path in figures) < 8_000_000


def test_the_citation_is_whole_and_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert citation["message"] and citation["title"]
    assert [author["name"] for author in citation["authors"]] == [a["name"] for a in project["authors"]]


@pytest.mark.parametrize(
    "sentence", ["MIT License", "Contains public sector information licensed under the Open Government Licence v3.0."]
)
def test_the_licence_covers_code_and_figures(sentence):
    words = " ".join((ROOT / "LICENSE").read_text(encoding="utf-8").split())
    assert sentence in words


def test_the_readme_opens_with_the_two_commands():
    opening = (ROOT / "README.md").read_text(encoding="utf-8")[:2500]
    assert "make report" in opening
    assert "make test" in opening
    assert re.search(r"!\[[^\]]+\]\([^)]+\.(png|jpg|svg|webp)\)|<img [^>]*alt=", opening), "a picture"


#: Readers that run what a file says.
RUNS = re.compile(
    r"\b(?:pickle\.(?:load|Unpickler)|read_pickle|joblib\.load|marshal\.load|shelve\.open|dill\.|cloudpickle\.load"
    r"|yaml\.(?:unsafe_load|full_load|UnsafeLoader|FullLoader)|allow_pickle=True)|(?<![\w.])(?:eval|exec)\("
)


def test_nothing_that_is_read_can_run():
    """A pickle runs code when it is read, and a folder may be one that another user can write to."""
    found = {
        f"{file.relative_to(ROOT / 'src').as_posix()}: {match[0]}"
        for file in (ROOT / "src").rglob("*.py")
        for match in RUNS.finditer(file.read_text(encoding="utf-8"))
    }
    # from a pipe to the process that started this one, or that this one started
    assert found == {"race_equality/batch/cluster_worker.py: pickle.load"}


def test_each_lock_is_held_to_published_advisories():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8"))
    (command,) = [step["run"] for step in workflow["jobs"]["dependencies"]["steps"] if "run" in step]
    assert command.startswith("pipx run pip-audit")
    assert {f"-r {lock.name}" for lock in ROOT.glob("*.lock")} == set(re.findall(r"-r \S+", command))
    assert "--strict" in command
