"""Which rows are about some trusts: as pandas says."""

import pandas as pd
import pytest

from race_equality.analysis.rows_of_trusts import is_one_of


@pytest.mark.parametrize("dtype", ["str", "object"])
@pytest.mark.parametrize("chosen", [[], ["RV5"], {"RJ1", "RQX"}, ("RQX",)])
def test_as_pandas_says(dtype, chosen):
    codes = pd.Series(["RJ1", "RV5", "RJ1", "R1H"], dtype=dtype)
    assert is_one_of(codes, chosen).tolist() == codes.isin(list(chosen)).tolist()


def test_of_no_rows_none():
    assert is_one_of(pd.Series([], dtype="str"), ["RJ1"]).tolist() == []
