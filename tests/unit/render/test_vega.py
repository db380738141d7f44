"""The libraries that draw a chart on a page: there where a page needs them, with their licences, and made once."""

import re
import subprocess
import sys

from race_equality.render.policy import policy
from race_equality.render.vega import MARK, SITE_LIBRARY, is_library_missing, publish_library


def test_the_libraries_come_with_a_page_that_needs_them_and_once(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "methods.html").write_text("<p>No chart.</p>")
    publish_library(tmp_path)
    assert not (tmp_path / SITE_LIBRARY).exists()
    (tmp_path / "notebooks" / "explore.html").write_text(f"<script {MARK}></script>")
    assert is_library_missing(tmp_path)
    publish_library(tmp_path)
    library = tmp_path / SITE_LIBRARY
    text, made = library.read_text(encoding="utf-8"), library.stat().st_mtime_ns
    # with the interpreter, and nothing that asks a network
    assert "window.vegaEmbed" in text and re.search(r"\bast\b", text) and "cdn.jsdelivr" not in text
    assert "Redistributions in binary form" in (library.parent / "LICENCES.txt").read_text(encoding="utf-8")
    publish_library(tmp_path)
    assert library.stat().st_mtime_ns == made
    library.write_text("// vl-convert-python 0.1", encoding="utf-8")
    assert is_library_missing(tmp_path)


def test_the_javascript_engine_does_not_stay_with_the_process_that_makes_a_site(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "explore.html").write_text(f"<script {MARK}></script>")
    code = (
        "import sys; from pathlib import Path; from race_equality.render.vega import publish_library; "
        "publish_library(Path(sys.argv[1])); print('vl_convert' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.split() == ["False"]
    assert (tmp_path / SITE_LIBRARY).is_file()


def test_a_page_with_such_a_chart_may_load_scripts_of_the_site_and_run_no_text():
    usual, chart = policy(), policy(library=True)
    assert chart == usual.replace("script-src ", "script-src 'self' ")
    assert "unsafe-eval" not in chart and "unsafe-inline" not in chart.partition("style-src")[0]
