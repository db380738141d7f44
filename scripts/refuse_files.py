"""Refuse what must not be committed; git gives the names of the files (see .pre-commit-config.yaml).

A trust's own return may hold figures about a few people, an executed notebook shows outputs
without a review, and a file of this size is a raw publication or a built file. So that a return reaches git by no
other way either, each file is searched for the words that mark it on pages and in tables, and for its numbers.
"""

import json
import math
import re
import sys
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path, PurePath

LARGEST = 3_000_000  # bytes

#: On pages and in files that show a return: the mark, and the id of its source.
MARKED = re.compile(
    r"not for publication|\b(?:wres|patients)_return_(?=[A-Z0-9]*\d)[A-Z0-9]{3,5}\b|data/local/ on this machine"
)
#: What these words are written and explained in.
_SPEAKS_OF_RETURNS = {".py", ".md", ".yml", ".yaml", ".toml"}
#: Numbers of three digits or more, as pages and tables print them; fewer are everywhere. In a CSV a comma may divide two.
_NUMBER = re.compile(r"(?<![\w.])\d{3,9}(?=(?:\.0+)?(?!\.?\w))")
_WITH_COMMAS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?!\.?\w)")
_PICTURE = re.compile(r"base64,[A-Za-z0-9+/=\s]+")
#: So many numbers of one return in a file are no chance, where by chance a quarter of them could be there.
_FEWEST = 5


def reason_to_refuse(root: Path, name: str) -> str | None:
    """Return why a file must not be committed; ``None`` if it may be."""
    path = PurePath(name)
    if path.is_relative_to("data/local"):
        return "a trust's own return stays on its machine"
    if path.is_relative_to("notebooks") and path.suffix == ".ipynb":
        for number, cell in enumerate(json.loads((root / path).read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] == "code" and (cell["outputs"] or cell["execution_count"] is not None):
                return f"cell {number} holds outputs of a run: clear the outputs of all cells"
    if (root / path).stat().st_size > LARGEST:
        return f"larger than {LARGEST / 1e6:.0f} MB"
    if path.suffix == ".pdf":
        return "a report as PDF: what it shows cannot be read here, and it is made again from the figures"
    content = (root / path).read_bytes()
    text = _PICTURE.sub("", _text(root / path, content))
    is_source = path.suffix in _SPEAKS_OF_RETURNS or path.is_relative_to("notebooks")  # whose outputs are refused above
    if not is_source and (found := MARKED.search(text)):
        return f"it shows figures that are not public ({found[0]!r})"
    for held, numbers in _returns(root).items():
        if content == held.read_bytes():
            return f"a copy of {held.relative_to(root).as_posix()}, a trust's own return"
        if shown := _numbers_shown(text, numbers):
            return f"it holds {len(shown)} numbers of {held.stem}, a trust's own return, such as {', '.join(shown[:3])}"
    return None


def _text(path: Path, content: bytes) -> str:
    """Return what a file says; a workbook is an archive of files of text."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = b"\n".join(archive.read(part) for part in archive.infolist() if part.file_size <= 10 * LARGEST)
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


@cache
def _returns(root: Path) -> dict[Path, frozenset[str]]:
    """The figures of each return in data/local: numbers of people that no publication has of that trust."""
    files = sorted((root / "data" / "local").glob("*.parquet"))
    if not files:
        return {}
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    columns = ["value", "numerator", "denominator"]

    def read(file: Path) -> pa.Table | None:
        try:
            with pq.ParquetFile(file) as parquet:
                return parquet.read(["trust_code", *columns])
        except (OSError, ValueError, KeyError):  # another file, or a damaged one: `race-equality data check` says so
            return None

    def numbers(table: pa.Table) -> set[str]:
        found = {value for name in columns for value in table[name].to_pylist() if value is not None}
        return {f"{value:.0f}" for value in found if value >= 100 and value == int(value)}

    own = {file: table for file in files if (table := read(file)) is not None and len(table.columns) == 4}
    trusts = pa.array({code for table in own.values() for code in table["trust_code"].to_pylist()}, pa.string())
    public = set()
    for file in (root / "data" / "figures").glob("*.parquet"):
        table = read(file)
        if table is not None and len(table.columns) == 4:
            public |= numbers(table.filter(pc.is_in(table["trust_code"], trusts)))
    return {file: frozenset(numbers(table) - public) for file, table in own.items()}


def _numbers_shown(text: str, held: frozenset[str]) -> list[str]:
    """Return the numbers of a return that a text has, where they are more than chance would give it."""
    in_text = {*_NUMBER.findall(text), *(number.replace(",", "") for number in _WITH_COMMAS.findall(text))}
    shown = sorted(in_text & held, key=lambda number: (-len(number), number))
    of_length, of_held = Counter(map(len, in_text)), Counter(map(len, held))
    by_chance = math.fsum(of_length[n] * of_held[n] / (9 * 10 ** (n - 1)) for n in of_held)
    return shown if len(shown) >= max(_FEWEST, 4 * by_chance) else []


if __name__ == "__main__":
    refused = {name: reason for name in sys.argv[1:] if (reason := reason_to_refuse(Path.cwd(), name))}
    for name, reason in refused.items():
        print(f"{name}: {reason}")
    sys.exit(bool(refused))
