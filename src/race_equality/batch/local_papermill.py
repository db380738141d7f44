"""Papermill for processes that make pages on this machine: without its libraries for other places.

Papermill imports boto3 and Arrow where they are installed, to read and write notebooks in clouds. That takes two fifths of its
import. A process that imports this module first has none of it: papermill there says that the library is missing.
"""

import sys

_FOR_OTHER_PLACES = ("boto3", "pyarrow")

_hidden = [name for name in _FOR_OTHER_PLACES if name not in sys.modules]
for _name in _hidden:
    sys.modules[_name] = None  # type: ignore[assignment]  # Python's own way to say that a module cannot be imported
try:
    import papermill  # noqa: F401
finally:
    for _name in _hidden:
        del sys.modules[_name]
