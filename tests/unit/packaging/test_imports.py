"""Each module can be the first of ours that a Python imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"

#: One process for all modules, as other packages take long to import: it forgets ours before each module,
#: and papermill, which loads one of ours while it is being imported.
IMPORTING = """
import gc, importlib, json, sys, traceback
gc.disable()
for name in json.load(sys.stdin):
    for loaded in list(sys.modules):
        if loaded.partition(".")[0] in ("race_equality", "forked_kernels", "papermill"):
            del sys.modules[loaded]
    try:
        importlib.import_module(name)
    except BaseException:
        print(name, traceback.format_exc(limit=-3))
    if name.startswith("forked_kernels") and "race_equality" in sys.modules:
        print(name, "imports race_equality")
"""


def test_each_module_can_be_imported_first():
    names = [
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(SOURCE.rglob("*.py"))
    ]
    assert {"forked_kernels.running", "race_equality.batch.build"} <= set(names)
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTING],
        input=json.dumps(names),
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
