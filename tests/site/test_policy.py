"""A browser holds every page to its Content-Security-Policy, and every page does its work under it."""

from __future__ import annotations

import functools
import http.server
import threading

import pytest

from race_equality.render.policy import header, policy, policy_of_quarto
from tests.site.conftest import ROOT

PAGES = ("index.html", "trusts/RV5.html", "notebooks/national_overview.html", "notebooks/explore.html")
#: What comes with a name that was not escaped, or with an output of a notebook.
INJECTED = (
    "<script>window.ran = 'a script'</script><img src=nowhere onerror=\"window.ran = 'a handler'\">"
    "<a id=inj href=\"javascript:window.ran='an address'\">x</a><iframe src='data:text/html,x'></iframe>"
    "<script src='data:text/javascript,window.ran=1'></script><form action='https://example.org'><button id=send></form>"
)


@pytest.fixture(scope="module")
def address(built_site):
    """The site as a host serves it that sends the header of docs/threat_model.md."""

    class Host(http.server.SimpleHTTPRequestHandler):
        def end_headers(self):
            self.send_header("Content-Security-Policy", header())
            super().end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(Host, directory=str(built_site))) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        yield f"http://localhost:{host.server_port}/"
        host.shutdown()


@pytest.fixture
def visit(browser):
    """Open an address; what the browser refused to do there stands in ``page.refused``."""
    contexts = []

    def open_(url: str):
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.refused = []
        page.expose_binding("refused", lambda _, what: page.refused.append(what))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => refused(e.effectiveDirective + ' ' + e.blockedURI))"
        )
        page.on("pageerror", lambda error: page.refused.append(str(error)))
        page.goto(url)
        page.evaluate("document.fonts.ready")
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("name", "place"), [*((name, "host") for name in PAGES), (PAGES[1], "file"), (PAGES[3], "file")]
)
def test_no_page_asks_for_what_the_policy_refuses(visit, address, built_site, name, place):
    page = visit(address + name if place == "host" else (built_site / name).as_uri())
    if name == "notebooks/explore.html":
        page.wait_for_selector("figure[data-ready]")
    assert page.refused == []
    # the font of the site, the scripts and the styles
    assert page.evaluate("[...document.fonts].some(font => font.status === 'loaded')")
    if name == "index.html":
        assert page.locator(".find-trust input").is_visible()
    else:
        assert page.locator("svg.chart, .explore-vega svg").count() > 0
    assert page.evaluate("getComputedStyle(document.querySelector('.skip-link')).position") == "absolute"


def test_what_is_slipped_into_a_page_does_nothing(visit, built_site, tmp_path):
    text = (built_site / "trusts" / "RV5.html").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(text.replace('<div class="page-content">', INJECTED), encoding="utf-8")
    page = visit((tmp_path / "page.html").as_uri())
    page.evaluate("document.getElementById('inj').click(); document.getElementById('send').click()")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    refused = {what.split(" ")[0] for what in page.refused}
    assert {"script-src-elem", "script-src-attr", "frame-src", "form-action"} <= refused


def test_the_document_for_hosts_has_the_header():
    text = (ROOT / "docs" / "threat_model.md").read_text(encoding="utf-8")
    assert f"Content-Security-Policy: {header()}\n" in text


def test_of_quartos_pages_only_scripts_outside_the_content_may_run():
    frame = (
        "<head><script>one()</script><script src='x.js'></script><script type='application/json'>{}</script></head>"
        '%s<script id = \'x\' type="application/javascript">two(\'<i onclick="no()">\')</script><a onclick="three(&quot;x&quot;)">'
    )
    may = policy(["one()", "two('<i onclick=\"no()\">')"], ['three("x")'], files=True)
    page = frame % "<main><script>slipped_in()</script></main>"
    assert policy_of_quarto(frame % "") == may == policy_of_quarto(page)
    assert "'unsafe-hashes'" in may
    assert "unsafe-inline" not in may.partition("style-src")[0]
