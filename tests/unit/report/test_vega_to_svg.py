"""A chart is the same picture wherever it is drawn, and is drawn once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import altair as alt
import pandas as pd
import pytest
from altair.utils.schemapi import SchemaValidationError

from race_equality.batch import drawing_server
from race_equality.batch.drawing_server import DrawingServer
from race_equality.report import vega_to_svg
from race_equality.report.charts import chart_svg
from race_equality.report.vega_to_svg import FOLDER_VARIABLE, SERVER_VARIABLE, draw, forget_oldest

needs_server = pytest.mark.skipif(not drawing_server.AVAILABLE, reason="no Unix sockets here")

BARS = (
    alt.Chart(pd.DataFrame({"name": ["Ärztinnen & nurses", "<b>健康</b>", "x" * 60], "people": [1.5, 2, None]}))
    .mark_bar(clip=True)
    .encode(x="people:Q", y="name:N")
    .to_dict()
)
WRONG = {"mark": "no such mark"}


@pytest.fixture
def no_build(monkeypatch):
    monkeypatch.delenv(SERVER_VARIABLE, raising=False)
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)


@pytest.fixture(scope="module")
def here():
    return draw(BARS)


@pytest.fixture(scope="module")
def running():
    with DrawingServer(2) as server:
        del os.environ[SERVER_VARIABLE]
        yield server


@pytest.fixture
def server(no_build, running, monkeypatch):
    """A server of two processes; a test that ends them is the last that has it."""
    monkeypatch.setenv(SERVER_VARIABLE, running.address)
    return running


@pytest.fixture
def drawn_here(monkeypatch):
    """Count what this process draws itself."""
    drawn, real = [], vega_to_svg.draw_here
    monkeypatch.setattr(vega_to_svg, "draw_here", lambda text: drawn.append(text) or real(text))
    return drawn


def test_ids_are_numbered_from_one_each_time(no_build, here):
    draw(BARS)
    assert draw(BARS) == here
    assert set(re.findall(r'\bid="([^"]+)"', here)) == {"clip1"}


def test_a_chart_compiled_for_one_table_is_right_for_another(no_build):
    """A chart that differs from one before in its tables alone is compiled once."""

    def two_tables(heights, name):
        bars = alt.Chart(pd.DataFrame({"a": ["x", "y"], "b": heights})).mark_bar().encode(x="a:N", y="b:Q")
        text = alt.Chart(pd.DataFrame({"a": ["y"], "said": [name]})).mark_text().encode(x="a:N", text="said:N")
        return alt.layer(bars, text).to_dict()

    for specification in (two_tables([1, 2], "two"), two_tables([300, 20], "table-1"), two_tables([1, 2], "two")):
        engine, version = vega_to_svg._engine(), vega_to_svg.VEGA_LITE
        assert draw(specification) == vega_to_svg._renumber(engine.vegalite_to_svg(specification, vl_version=version))


def test_the_version_of_vega_lite_is_that_of_altair():
    assert alt.SCHEMA_VERSION.startswith(f"v{vega_to_svg.VEGA_LITE}.")


@needs_server
def test_the_server_draws_the_same(server, drawn_here, here):
    assert draw(BARS) == here
    assert drawn_here == []


@needs_server
def test_a_chart_that_cannot_be_drawn_says_the_same(server, drawn_here, monkeypatch):
    with pytest.raises(ValueError, match="conversion failed") as there:
        draw(WRONG)
    assert drawn_here == []
    monkeypatch.delenv(SERVER_VARIABLE)
    with pytest.raises(ValueError) as by_itself:
        draw(WRONG)

    def first_lines(error):
        return str(error.value).splitlines()[:2]

    assert first_lines(there) == first_lines(by_itself)


@needs_server
def test_many_at_once(server, here):
    found = []
    threads = [threading.Thread(target=lambda: found.append(draw(BARS))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [here] * 12


@needs_server
def test_a_server_that_says_nonsense_is_not_believed(no_build, tmp_path, monkeypatch, here):
    import socket

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "draw"))
    listener.listen()

    def nonsense():
        for answer in (b"", b"\0" * 7, (3).to_bytes(8, "big") + b"??"):
            connection, _ = listener.accept()
            connection.sendall(answer)
            connection.close()

    thread = threading.Thread(target=nonsense)
    thread.start()
    monkeypatch.setenv(SERVER_VARIABLE, str(tmp_path / "draw"))
    for _ in range(3):
        assert draw(BARS) == here
    thread.join()
    listener.close()


@needs_server
def test_it_ends_with_its_owner():
    program = (
        "import os, time\n"
        "from race_equality.batch.drawing_server import DrawingServer\n"
        "server = DrawingServer()\n"
        "print(*server.pids, server.folder, flush=True)\n"
        "time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pid, folder = owner.stdout.readline().split()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    for _ in range(200):
        if not os.path.exists(folder) and is_gone(pid):
            return
        time.sleep(0.1)
    pytest.fail("it draws on")


def is_gone(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_picture_is_drawn_once(no_build, tmp_path, monkeypatch, drawn_here, here):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    for _ in range(3):
        assert draw(BARS) == here
    assert len(drawn_here) == 1
    assert len(list(tmp_path.iterdir())) == 1
    other = {**BARS, "width": 321}
    assert draw(other) != here
    assert len(drawn_here) == 2


def test_another_engine_or_edition_draws_anew(no_build, tmp_path, monkeypatch, drawn_here):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    draw(BARS)
    monkeypatch.setattr(vega_to_svg, "_editions", lambda: "another")
    draw(BARS)
    assert len(drawn_here) == 2


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-5], lambda b: b[:30] + bytes([b[30] ^ 4]) + b[31:]])
def test_a_damaged_picture_is_drawn_again(no_build, tmp_path, monkeypatch, drawn_here, here, damage):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    draw(BARS)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert draw(BARS) == here
    assert len(drawn_here) == 2
    assert draw(BARS) == here
    assert len(drawn_here) == 2


def test_a_folder_that_is_gone_does_no_harm(no_build, tmp_path, monkeypatch, here):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "gone"))
    assert draw(BARS) == here


def test_the_oldest_pictures_are_forgotten(tmp_path):
    (tmp_path / "mine").write_bytes(b"x" * 1000)
    os.utime(tmp_path / "mine", (1, 1))
    for age, name in enumerate("newest.svgz middle.svgz oldest.svgz".split()):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    forget_oldest(tmp_path, keep=250)
    assert {file.name for file in tmp_path.iterdir()} == {"newest.svgz", "middle.svgz", "mine"}
    forget_oldest(tmp_path, keep=250)
    assert len(list(tmp_path.iterdir())) == 3


def test_no_font_of_the_machine_is_looked_at():
    """Where fonts are found through fontconfig, which is asked by this process alone."""
    program = (
        "import os, sys\n"
        "opened = []\n"
        "from race_equality.report.vega_to_svg import draw\n"
        f"draw({BARS!r})\n"
        "print(os.environ.get('FONTCONFIG_FILE'))\n"
        "print([line.split()[-1] for line in open('/proc/self/maps') if '.ttf' in line])"
    )
    if not os.path.exists("/proc/self/maps"):
        pytest.skip("no /proc")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["None", "[]"]


def test_a_picture_does_not_depend_on_the_time_zone(no_build):
    """Summer time would move a month along the axis; the zone is read once for a process."""
    months = pd.DataFrame({"month": pd.to_datetime(["2024-03-01", "2024-08-01"]), "people": [1, 2]})
    line = alt.Chart(months).mark_line().encode(x="month:T", y="people:Q").to_dict()
    program = f"import sys; from race_equality.report.vega_to_svg import draw; sys.stdout.write(draw({line!r}))"

    def drawn_in(zone):
        run = [sys.executable, "-c", program]
        return subprocess.run(run, capture_output=True, text=True, check=True, env=os.environ | {"TZ": zone}).stdout

    assert drawn_in("Europe/London") == drawn_in("America/New_York") == drawn_in("UTC")


@needs_server
def test_a_chart_of_a_report_is_checked_against_altairs_schema_outside_a_build(server, monkeypatch):
    chart = alt.Chart(pd.DataFrame({"a": [1]})).mark_point().encode(x="a:Q")
    checked = chart_svg(chart, title="t", description="d")
    chart["nonsense"] = 1
    chart_svg(chart, title="t", description="d")
    monkeypatch.delenv(SERVER_VARIABLE)
    with pytest.raises(SchemaValidationError):
        chart_svg(chart, title="t", description="d")
    assert checked.startswith("<svg")


@needs_server
def test_one_that_is_killed_leaves_the_work_to_the_other_and_then_to_us(server, drawn_here, here):
    first, second = server.pids
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert draw(BARS) == here
    assert drawn_here == []
    os.kill(second, signal.SIGKILL)
    os.waitpid(second, 0)
    assert draw(BARS) == here
    assert len(drawn_here) == 1
