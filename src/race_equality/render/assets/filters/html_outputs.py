"""Give Quarto the HTML outputs of a notebook as raw blocks of Markdown.

Quarto runs this on each notebook before it reads it (``ipynb-filters`` in ``_quarto.yml``). An
output of the type ``text/html`` makes its pages load two scripts from the network, and is left out of
its PDFs unless it holds a table. The same HTML as a raw block in Markdown reaches the project's
Lua filter in pages and PDFs alike, and JupyterLab still has the ``text/html`` of the notebook itself.

Only the standard library is used: Quarto may find another Python than the project's.
"""

import json
import re
import sys


def html_as_raw_blocks(notebook: dict) -> dict:
    """Turn each ``text/html`` output into Markdown that holds the same HTML.

    Parameters
    ----------
    notebook : dict
        As in the file; changed in place.

    Returns
    -------
    dict
        The same notebook.
    """
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                html = data.pop("text/html")
                data["text/markdown"] = raw_block(html if isinstance(html, str) else "".join(html))
    return notebook


def raw_block(html: str) -> str:
    """Fence HTML as a raw block, with more backticks than any run of them inside."""
    longest = max((len(run) for run in re.findall("`+", html)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{{=html}}\n{html}\n{fence}"


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    json.dump(html_as_raw_blocks(json.load(sys.stdin)), sys.stdout, ensure_ascii=False)
