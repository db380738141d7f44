"""One set of versions: pyproject.toml, the two locks and environment.yml say the same."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCKS = ("requirements.lock", "requirements-lab.lock")

#: Where conda-forge calls a package otherwise than the Python package index does.
CONDA_NAMES = {
    "ruamel-yaml": "ruamel.yaml",
    "typst": "typst-py",
    "playwright": "playwright-python",
    "pandera": "pandera-pandas",  # pandera[pandas]
}


def declared(*extras: str) -> dict[str, Requirement]:
    """Return the requirements in pyproject.toml by canonical name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def pinned(lock: str) -> dict[str, list[Requirement]]:
    """Return the pins of a lock by canonical name; one name may have a pin for each Python."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            requirement = Requirement(line.removesuffix("\\").strip())
            pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def version(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned"
    return specifier.version


def conda_environment() -> tuple[dict[str, str], list[str]]:
    """Return environment.yml's conda packages, name to range, and its pip lines."""
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    packages, pip = {}, []
    for line in document["dependencies"]:
        if isinstance(line, dict):
            pip += line["pip"]
        else:
            name, ranges = re.fullmatch(r"([a-z0-9_.-]+)(.*)", line).groups()
            packages[name] = ranges
    return packages, pip


def test_environment_yml_has_the_ranges_of_pyproject():
    packages, pip = conda_environment()
    from_pip = {canonicalize_name(r.name): r for r in map(Requirement, pip[:-1])}
    found = {}
    expected = {}
    for name, requirement in declared("test", "check").items():
        expected[name] = requirement.specifier
        conda_name = CONDA_NAMES.get(name, name)
        if conda_name in packages:
            found[name] = Requirement(f"{name}{packages.pop(conda_name)}").specifier
        elif name in from_pip:
            found[name] = from_pip.pop(name).specifier
    assert found == expected
    # Nothing is left over but what is no Python package of ours, and the project itself.
    assert set(packages) == {"python", "pip", "quarto"}
    assert from_pip == {}
    assert pip[-1] == "--editable ."


def test_environment_yml_comes_from_conda_forge_alone():
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert document["channels"] == ["conda-forge", "nodefaults"]
    assert document["name"] == "race-equality"


def test_environment_yml_has_a_python_that_the_project_allows():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages, _ = conda_environment()
    python = packages["python"].removeprefix("=")
    assert Requirement(f"python{project['requires-python']}").specifier.contains(python)


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ("test", "check")), ("requirements-lab.lock", ("lab",))]
)
def test_a_lock_pins_every_dependency_in_its_range(lock, extras):
    pins = pinned(lock)
    for name, requirement in declared(*extras).items():
        assert name in pins, f"{name} is missing in {lock}: run `make lock`"
        for pin in pins[name]:
            assert requirement.specifier.contains(version(pin)), f"{pin} is not {requirement}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_the_build_backend(lock):
    # The project is installed without build isolation, so that nothing unpinned is fetched.
    assert {"hatchling", "editables"} <= pinned(lock).keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(blocks) > 50
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), block.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address_and_no_path(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-[-a-z]*(index|find-links|trusted-host|editable)", text, re.MULTILINE)
    assert not re.search(r"(^|\s)[./~]+/", text)


def test_both_locks_agree():
    build, lab = pinned("requirements.lock"), pinned("requirements-lab.lock")
    common = build.keys() & lab.keys()
    assert len(common) > 50
    differing = {
        name: (sorted(map(version, build[name])), sorted(map(version, lab[name])))
        for name in common
        if sorted(map(version, build[name])) != sorted(map(version, lab[name]))
    }
    assert differing == {}


@pytest.mark.parametrize("python", ["3.11.2", "3.11.14", "3.12.8", "3.13.5", "3.14.0"])
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_gives_each_python_one_version_of_each_package(lock, python):
    environment = default_environment() | {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
    }
    for name, pins in pinned(lock).items():
        fitting = [p for p in pins if p.marker is None or p.marker.evaluate(environment)]
        assert len(fitting) <= 1, f"{name} for Python {python}: {fitting}"
    assert all(
        any(p.marker is None or p.marker.evaluate(environment) for p in pinned(lock)[name]) for name in declared()
    )


def test_what_builds_does_without_jupyterlab():
    assert not {"jupyterlab", "jupyter-server", "rfc3987-syntax"} & pinned("requirements.lock").keys()
    assert "jupyterlab" in pinned("requirements-lab.lock")


BUILD_IMPORTS = "altair, pandas, papermill, jsonschema, vl_convert, race_equality.commands.golden"


def test_a_build_process_never_compiles_the_grammar():
    """The parent's side: JupyterLab's grammar more than doubles the time of every import."""
    assert importlib.util.find_spec("rfc3987_syntax") is None, (
        "rfc3987_syntax can be imported here: run the tests in the environment of `make test`"
    )
    code = f"import sys, {BUILD_IMPORTS}; print('rfc3987_syntax' in sys.modules, 'lark' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


def test_a_kernel_of_a_build_never_compiles_the_grammar(tmp_path):
    """The kernel's side: papermill must start this environment's Python and no other."""
    import nbformat
    import papermill

    source = (
        f"import importlib.util, sys, {BUILD_IMPORTS}\n"
        "print(importlib.util.find_spec('rfc3987_syntax'), 'lark' in sys.modules, sys.prefix)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(notebook, tmp_path / "probe.ipynb")
    ran = papermill.execute_notebook(tmp_path / "probe.ipynb", None, kernel_name="python3", progress_bar=False)
    assert ran.cells[-1].outputs[0].text.split() == ["None", "False", sys.prefix]
