"""Who a report is for, and what its board said it would do: the files in ``params/``.

``reading`` reads them, ``actions`` says what an action and a self-assessment are and which are refused, ``wording`` tells
an action from more data, ``starter`` writes a trust's first file, and ``links`` tries whether evidence opens.
"""

from race_equality.params.reading import (
    DEFAULTS_FILE,
    CheckedParams,
    Params,
    Settings,
    Threshold,
    check_file,
    check_params,
    read_chosen_peers,
    read_default_settings,
    read_params,
)

__all__ = [
    "DEFAULTS_FILE",
    "CheckedParams",
    "Params",
    "Settings",
    "Threshold",
    "check_file",
    "check_params",
    "read_chosen_peers",
    "read_default_settings",
    "read_params",
]
