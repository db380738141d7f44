"""The Pandoc that stays: what it writes is what Pandoc writes, whatever came before."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from race_equality.errors import RaceEqualityError
from race_equality.render import pandoc
from race_equality.render.builtin import _html_form, _typst_form, translated_page
from race_equality.render.config import read_config
from race_equality.render.extension import EXTENSION
from race_equality.render.notebook import PageSource, read_page
from race_equality.render.pandoc import Form, Translator, Translators, convert
from race_equality.render.staging import ASSETS

ROOT = Path(__file__).parents[3]
GOLDEN = sorted((ROOT / "tests" / "notebooks").glob("board_report_*.ipynb"))
FILTERS = [str(EXTENSION / "filters" / name) for name in ("native-blocks.lua", "numbering.lua")]


@pytest.fixture
def config():
    return read_config(ROOT)


def plain(format: str, template: Path) -> Form:
    return Form(format=format, template=str(template))


@pytest.fixture
def body_alone(tmp_path: Path) -> Path:
    template = tmp_path / "body.html"
    template.write_text("$body$\n")
    return template


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_report_is_what_pandoc_itself_makes_of_it(file, config):
    """Byte for byte, against a Pandoc of its own for each form, as its command line has it."""
    page = read_page(file)
    with Translator() as translator:
        ours = translated_page(page, config, translator)
    from race_equality.render.builtin import _with_front_matter

    text = _with_front_matter(page, config)
    common = [
        "--from=markdown-tex_math_dollars",
        "--wrap=none",
        "--syntax-highlighting=none",
        *(f"--lua-filter={name}" for name in FILTERS),
    ]
    html, _ = convert(
        text,
        [
            "--to=html5",
            f"--template={ASSETS / 'web' / 'fragment.html'}",
            *common,
            "--toc",
            f"--toc-depth={config.toc_depth}",
            "--figure-caption-position=above",
        ],
    )
    typst, _ = convert(text, ["--to=typst-smart", f"--template={EXTENSION / 'typst' / 'report.typ'}", *common])
    assert ours.html.rstrip("\n") == html.rstrip("\n")
    assert ours.typst.rstrip("\n") == typst.rstrip("\n")


def test_nothing_of_a_document_is_left_for_the_next(config):
    first = PageSource({"title": "A"}, "## One {#sec-one}\n\n[^1] x\n\n[^1]: note\n\n[link]: https://a.b\n")
    second = PageSource({}, "See @sec-one and [link] and x[^1].")
    with Translator() as fresh:
        alone = translated_page(second, config, fresh)
    with Translator() as used:
        translated_page(first, config, used)
        assert translated_page(second, config, used) == alone
        # and the first is as it was
        assert translated_page(first, config, used) == translated_page(first, config, used)


def test_threads_get_their_own_answers(body_alone):
    with Translators() as translators, ThreadPoolExecutor(4) as pool:
        texts = [f"words {number}" for number in range(60)]
        found = pool.map(lambda text: translators.translate(text, [plain("html5", body_alone)]), texts)
        assert [answer[0].strip() for answer in found] == [f"<p>{text}</p>" for text in texts]


def test_an_error_is_said_and_the_next_document_is_read(body_alone, tmp_path):
    broken = tmp_path / "broken.lua"
    broken.write_text("function Str(s) error('this one') end")
    with Translator() as translator:
        form = Form(format="html5", template=str(body_alone), filters=[str(broken)])
        with pytest.raises(RaceEqualityError, match="this one"):
            translator.translate("words", [form])
        assert translator.translate("words", [plain("html5", body_alone)]) == ["<p>words</p>\n"]


def test_a_pandoc_that_ends_costs_one_document(body_alone, tmp_path):
    ending = tmp_path / "ending.lua"
    ending.write_text("function Str(s) os.exit(3) end")
    with Translator() as translator:
        form = Form(format="html5", template=str(body_alone), filters=[str(ending)])
        with pytest.raises(RaceEqualityError, match="ended without a message"):
            translator.translate("words", [form])
        assert translator.translate("words", [plain("html5", body_alone)]) == ["<p>words</p>\n"]


def test_a_pandoc_that_never_answers_is_stopped(body_alone, tmp_path, monkeypatch):
    monkeypatch.setattr(pandoc, "_TIMEOUT_SECONDS", 1)
    endless = tmp_path / "endless.lua"
    endless.write_text("function Str(s) while true do end end")
    with Translator() as translator:
        form = Form(format="html5", template=str(body_alone), filters=[str(endless)])
        with pytest.raises(RaceEqualityError, match="did not finish in 1 seconds"):
            translator.translate("words", [form])


def test_closing_ends_the_process(body_alone):
    translator = Translator()
    translator.translate("words", [plain("html5", body_alone)])
    process = translator._process
    translator.close()
    assert process is not None
    assert process.poll() is not None
    translator.close()


def test_nothing_is_left_in_the_temporary_folder(body_alone, tmp_path, monkeypatch):
    """Pandoc makes a folder there for the history of a dialogue. It is gone even while the process goes on."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with Translator() as translator:
        for word in ("one", "two"):
            assert word in translator.translate(word, [plain("html5", body_alone)])[0]
            assert list(folder.iterdir()) == []
    assert list(folder.iterdir()) == []


def test_forms_say_what_the_site_s_settings_say(config):
    assert _html_form(True, config).options["toc_depth"] == config.toc_depth == 2
    assert _typst_form(config).options["table_of_contents"] is False


def test_threads_that_ask_at_once_get_the_same_pandoc(monkeypatch):
    """pypandoc gives a second thread the first Pandoc that it met, which may be an old one of the machine's."""
    met: list[str] = []

    def get_pandoc_path() -> str:
        if met:
            return met[-1]
        met.append("an old one")
        time.sleep(0.2)  # it asks each for its version
        met.append("the newest")
        return met[-1]

    monkeypatch.setattr("pypandoc.get_pandoc_path", get_pandoc_path)
    pandoc._found_pandoc.cache_clear()
    try:
        with ThreadPoolExecutor(2) as pool:
            assert set(pool.map(lambda _: pandoc._pandoc_path(), range(2))) == {"the newest"}
    finally:
        pandoc._found_pandoc.cache_clear()
