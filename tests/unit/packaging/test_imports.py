"""Each module can be the first of ours that a Python imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import grimp

SOURCE = Path(__file__).parents[3] / "src"
FILES = sorted(SOURCE.rglob("*.py"))

#: One process for all modules, as other packages take long to import. Before each module it forgets the module and all
#: that import it, which are the only ones that it could find half imported.
IMPORTING = """
import gc, importlib, json, sys, traceback
gc.disable()
for name, importers in json.load(sys.stdin):
    for loaded in importers:
        sys.modules.pop(loaded, None)
    if "papermill" in importers:
        for loaded in [loaded for loaded in sys.modules if loaded.startswith("papermill.")]:
            del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except BaseException:
        print(name, traceback.format_exc(limit=-3))
    if name.startswith("forked_kernels") and "race_equality" in sys.modules:
        print(name, "imports race_equality")
"""


def with_importers():
    """Give each module with itself and all that import it, those first on which others rest."""
    graph = grimp.build_graph("race_equality", "forked_kernels", include_external_packages=True, cache_dir=None)
    names = {".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in FILES}
    for name in sorted(names):
        graph.add_module(name)  # one in a folder that is no package
        if "." in name:
            graph.add_import(importer=name, imported=name.rpartition(".")[0])  # a package before what is in it
    # papermill loads the engine that this project offers while it is being imported
    graph.add_import(importer="papermill", imported="forked_kernels.engine")
    order = sorted(names, key=lambda name: (name.startswith("race"), len(graph.find_upstream_modules(name)), name))
    return [(name, sorted({name, *graph.find_downstream_modules(name)})) for name in order]


def test_each_module_can_be_imported_first():
    modules = with_importers()
    assert {"forked_kernels.running", "race_equality.batch.build"} <= {name for name, _ in modules}
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTING],
        input=json.dumps(modules),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
    ).stdout
    assert said == ""


def test_no_part_imports_one_above_it():
    # The contracts are in pyproject.toml. Importing import-linter's own command would set up logging for all tests.
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=SOURCE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
