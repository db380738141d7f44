"""A golden copy holds on another processor than the one it was made on: nbval runs one as on an older one."""

import os
import subprocess
import sys

from tests.conftest import PLAIN, environment_of

FEATURES = (
    "from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__\n"
    "print([name for name in __cpu_dispatch__ if __cpu_features__[name]])"
)


def test_a_golden_notebook_runs_as_on_an_older_processor_and_computes_everything_itself(request, tmp_path):
    file = request.path.with_name(PLAIN)
    assert file.is_file()
    (tmp_path / "built" / "output" / ".cache" / "findings-0").mkdir(parents=True)
    environment = environment_of(file, tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", FEATURES], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")
    assert "RACE_EQUALITY_CACHE" not in environment
    assert "RACE_EQUALITY_CACHE" in environment_of(file.with_name("board_report_R1H.ipynb"), tmp_path)
