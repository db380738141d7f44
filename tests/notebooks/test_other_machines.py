"""A golden copy holds on another processor than the one it was made on."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = "tests/notebooks/board_report_RRU.ipynb"


def newer_features() -> list[str]:
    """Return what NumPy uses here beyond the plainest processor it runs on."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__[name]]


def test_an_older_processor_gives_the_same_report():
    # NumPy sorts by other routines with AVX-512 or AVX2 than without, so that equal values come in
    # another order unless a sort is stable; and a mark drawn later is another chart.
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "--color=no", GOLDEN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "NPY_DISABLE_CPU_FEATURES": " ".join(newer_features()),
        },
    )
    assert ran.returncode == 0, ran.stdout
