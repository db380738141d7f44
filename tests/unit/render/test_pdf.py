"""PDFs from typst markup: what is mended on the way, and what is refused."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
import pytest

from race_equality.errors import RaceEqualityError
from race_equality.render.fonts import FONT_DIRECTORY
from race_equality.render.pdf import compile_pdf

HEAD = '#set document(title: "T")\n#set text(font: "Arimo", lang: "en")\n= H\n'
BOTH = ("ua-1", "a-2a")


def compiled(text: str, pictures=None) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(compile_pdf(HEAD + text, pictures or {}, standards=BOTH, date=0)))


def test_the_font_comes_with_a_package_and_has_upright_and_italic():
    files = sorted(file.name for file in FONT_DIRECTORY.glob("*.ttf"))
    assert len(files) == 2
    assert all(name.startswith("Arimo") for name in files)


@pytest.mark.parametrize("text", ["বাংলা", "中文 words", "🙂", "bell \x07", "ਪੰਜਾਬੀ and 中文 and 🙂"])
def test_letters_that_no_font_has_do_not_cost_the_pdf(text):
    assert len(compiled(text).pages) == 1


@pytest.mark.parametrize("text", ["مرحبا", "שלום", "Łódź ŵ ŷ ≥ −", "a \N{RIGHT-TO-LEFT OVERRIDE}b"])
def test_letters_of_many_languages_are_there(text, monkeypatch):
    from race_equality.render import pdf

    monkeypatch.setattr(pdf, "_replace_missing_letters", lambda *_: pytest.fail("a letter is missing"))
    assert len(compiled(text).pages) == 1


def test_letters_that_our_font_lacks_come_from_the_machine_and_only_then(monkeypatch):
    """Arimo has no Arabic; the fonts within typst, which stand for the machine's here, have."""
    import typst

    from race_equality.render import pdf
    from race_equality.render.fonts import FONT_DIRECTORY

    asked = []

    def fonts(*, of_machine=False):
        asked.append(of_machine)
        return typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=of_machine, font_paths=[str(FONT_DIRECTORY)]
        )

    monkeypatch.setattr(pdf, "_fonts", fonts)
    monkeypatch.setattr(pdf, "_replace_missing_letters", lambda *_: pytest.fail("a letter is missing"))
    compiled("Latin, Ελληνικά, Кириллица")
    assert asked == [False]
    compiled("مرحبا")
    assert asked == [False, False, True]


def test_a_picture_without_words_is_refused_with_the_reason():
    svg = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/%3E"
    with pytest.raises(RaceEqualityError, match="missing alt text.*image") as refused:
        compiled('#image("x.svg")', {"x.svg": svg})
    assert "warning" not in str(refused.value)
    assert "/tmp" not in str(refused.value)


def test_a_picture_of_many_marks_takes_no_object_for_each():
    marks = "".join(f"<path d='M{n},1h1v1h-1Z' fill='%2312436D' opacity='0.7'/>" for n in range(300))
    svg = f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='300' height='9'%3E{marks}%3C/svg%3E"
    svg = svg.replace("'", '"')
    pdf = compiled('#image("x.svg", alt: "marks")', {"x.svg": svg})
    assert len(pdf.objects) < 100


def test_a_label_that_nobody_sees_is_not_in_the_text_either():
    from race_equality.render.pdf import plain_opacity

    seen = b'<text fill="#3D3D3D">Jul 2023</text>'
    assert (
        plain_opacity(b"<svg>" + seen + b'<text fill="#3D3D3D" opacity="0">Oct 2023</text></svg>')
        == b"<svg>" + seen + b"</svg>"
    )


@pytest.mark.parametrize(("words", "size"), [(50, 10.0), (900, 9.0), (1050, 8.5)])
def test_the_first_page_is_set_as_large_as_its_text_allows(words, size):
    """And stays one page: a chair reads it on paper."""
    import json

    import typst

    from race_equality.render.extension import EXTENSION

    template = (EXTENSION / "typst" / "typst-template.typ").read_text(encoding="utf-8")
    source = (
        f'{template}\n#show: article.with(title: "T", subtitle: "S")\n= H\n'
        f"#board-summary(board-headline[#context [#metadata(text.size.pt()) <size>] #lorem({words})], "
        "board-care[#context [#metadata(here().page()) <page>]])"
    ).encode()
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FONT_DIRECTORY)])
    found = [
        json.loads(typst.query(source, label, field="value", one=True, font_paths=fonts))
        for label in ("<size>", "<page>")
    ]
    assert found == [size, 1]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_number_of_pdfs():
    """Typst remembers what it has laid out: half a gigabyte of reports, in each process that makes pages."""
    code = """
from pathlib import Path
from race_equality.render.pdf import compile_pdf
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
for number in range(12):
    text = "\\n\\n".join(f"{number}.{line} #lorem(9) {number * line}" for line in range(1500))
    compile_pdf("#set text(size: 6pt)\\n" + text, {}, standards=(), date=0)
    if number == 1:
        before = held()
print(held() - before)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(said) < 20  # 3; where typst remembers two documents 27, and without an end to it 214


#: Compiles documents in processes of their own; what it is given is run before the last line.
APART = """
import os, signal, sys, time
from pathlib import Path
from race_equality.errors import RaceEqualityError
from race_equality.render import pdf
pdf.compile_apart()
def made(text):
    try:
        return pdf.compile_pdf(text, {}, standards=("a-2b",), date=0)
    except RaceEqualityError as error:
        return str(error)
%s
"""


def apart(code: str) -> str:
    """What the code prints, run in a process of its own: one that has compiled cannot be forked."""
    done = subprocess.run([sys.executable, "-c", APART % code], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_pdf_that_is_compiled_apart_is_the_same():
    text = HEAD + "#lorem(400)"
    said = apart(f"for _ in range(2): print(made({text!r}).hex())")
    assert said.split() == [compile_pdf(text, {}, standards=("a-2b",), date=0).hex()] * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_an_error_of_a_pdf_that_is_compiled_apart_is_raised():
    with pytest.raises(RaceEqualityError) as error:
        compile_pdf("#no-such-function()", {}, standards=(), date=0)
    assert apart("print(made('#no-such-function()'))") == f"{error.value}\n"
    ended = apart("pdf._compiled = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\nprint(made(''))")
    assert "was ended by SIGKILL (often for lack of memory; try fewer --jobs)" in ended
    assert apart("pdf._compiled = lambda *_: 1 / 0\nprint(made(''))") == "ZeroDivisionError: division by zero\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends with its document")
def test_what_compiles_a_pdf_ends_with_the_process_that_makes_the_page(tmp_path):
    code = f"""
def _compiled(*_):
    Path({str(tmp_path / "pid")!r}).write_text(f"{{os.getpid()}} ")
    time.sleep(300)
pdf._compiled = _compiled
if os.fork() == 0:
    made("")
    os._exit(0)
while not Path({str(tmp_path / "pid")!r}).exists() or " " not in Path({str(tmp_path / "pid")!r}).read_text():
    time.sleep(0.01)
child = int(Path("/proc/self/task", str(os.getpid()), "children").read_text())
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""
    apart(code)
    one = Path("/proc", (tmp_path / "pid").read_text().strip())
    deadline = time.monotonic() + 20
    while one.exists() and one.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.01)
