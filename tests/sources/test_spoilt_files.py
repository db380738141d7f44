"""A fixed part of ``benchmarks/spoilt_files.py``: every layout, and every slip on a few of them."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "spoilt_files.py"
EVERY = 10  # each layout has every tenth slip, and the next layout the slips after those


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BENCHMARK.parent)
        spec = importlib.util.spec_from_file_location("spoilt_files", BENCHMARK)
        benchmark = importlib.util.module_from_spec(spec)
        patched.setitem(sys.modules, "spoilt_files", benchmark)
        spec.loader.exec_module(benchmark)
        layouts, trusts = benchmark.layouts(tmp_path_factory.mktemp("cuts"))
        return [
            case
            for number, layout in enumerate(layouts)
            for case in benchmark.cases([layout], trusts, benchmark.SLIPS[number % EVERY :: EVERY], seed=0, draws=1)
            if case is not None
        ]


def test_no_spoilt_file_that_contradicts_itself_is_taken_in_silence(found):
    assert [(case.layout, case.slip.name, case.outcome, case.detail) for case in found if case.is_bad] == []


def test_the_part_has_every_layout_and_nearly_every_slip(found):
    assert len({case.layout for case in found}) == 30
    assert len({case.slip.name for case in found}) > 80
    assert {case.outcome for case in found} >= {"right", "clear error"}
