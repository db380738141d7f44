"""What the built-in renderer does with each setting of Quarto: follow it, refuse it, or have no use for it.

:mod:`race_equality.render.settings_table` lists them in the documentation. Quarto itself is refused nothing
(``--renderer quarto``).
"""

from __future__ import annotations

from collections.abc import Mapping

#: Settings of ``_quarto.yml`` that are followed, by section. A section without a name is the whole file.
FOLLOWED: Mapping[str, frozenset[str]] = {
    "": frozenset(
        "project website lang toc toc-title toc-depth number-sections execute crossref filters format reports "
        "papersize margin mainfont fontsize css fig-cap-location tbl-cap-location".split()
    ),
    "project": frozenset(("type", "render")),
    "website": frozenset("title navbar page-footer site-url".split()),
    "website.navbar": frozenset(("left", "right")),
    "website.page-footer": frozenset(("left", "center", "right")),
    "execute": frozenset("echo output include ipynb-filters".split()),
    "crossref": frozenset("fig-title tbl-title fig-prefix tbl-prefix sec-prefix".split()),
    "format": frozenset(("html", "typst")),
    "format.html": frozenset("toc toc-title toc-depth css".split()),
    "format.typst": frozenset(
        "toc section-numbering pdf-standard papersize margin mainfont fontsize running-title".split()
    ),
}

#: Settings of what only Quarto has: its frame around the page, its search, running notebooks, how it works.
NOT_APPLICABLE: Mapping[str, frozenset[str]] = {
    "": frozenset("profile toc-expand callout-appearance callout-icon engine jupyter".split()),
    "project": frozenset("output-dir resources pre-render post-render preview lib-dir execute-dir".split()),
    "website": frozenset(("favicon", "search", "page-navigation", "back-to-top-navigation", "reader-mode")),
    "website.navbar": frozenset(
        "background foreground search title collapse collapse-below pinned toggle-position".split()
    ),
    "website.page-footer": frozenset(("border", "background", "foreground")),
    "execute": frozenset("enabled cache freeze warning error eval daemon".split()),
    "format.html": frozenset(
        "theme respect-user-color-scheme mainfont html-math-method code-copy anchor-sections format-links toc-expand "
        "page-layout minimal format-resources extension-name".split()
    ),
    "format.typst": frozenset("keep-typ font-paths template-partials format-resources extension-name".split()),
}

#: Settings of Quarto that a page or a PDF would show and that are refused; so is any other that is not named above.
REFUSED: Mapping[str, frozenset[str]] = {
    "": frozenset(
        "abstract appendix-style author author-meta bibliography body-classes book brand brand-mode citation citeproc "
        "cite-method code-annotations code-link code-tools comments csl date-format default-image-extension description "
        "dir embed-resources fig-align fig-asp fig-responsive footnotes-hover header-includes highlight-style "
        "include-after-body include-before-body include-in-header keywords language lightbox link-citations "
        "link-external-newwindow linestretch listing listings logo manuscript mermaid metadata-files monofont "
        "number-depth number-offset pagetitle reference-location resource-path sansfont shift-heading-level-by shortcodes "
        "syntax-highlighting template template-partials theme title-block-banner title-block-style title-prefix "
        "toc-location variables".split()
    ),
    "website": frozenset(
        "announcement body-footer body-header bread-crumbs code-links comments cookie-consent description draft-mode "
        "drafts google-analytics image issue-url margin-footer margin-header open-graph other-links plausible-analytics "
        "repo-actions repo-url sidebar site-path twitter-card".split()
    ),
    "website.navbar": frozenset("logo logo-alt logo-href tools".split()),
    "execute": frozenset("debug keep-ipynb server".split()),
    "crossref": frozenset(
        "appendix-title chapters custom eq-prefix fig-labels lof-title lot-title lst-title ref-hyperlink subref-labels "
        "tbl-labels thm-title title-delim".split()
    ),
    "format": frozenset("asciidoc beamer docx epub gfm odt pdf pptx revealjs".split()),
    "format.html": frozenset(
        "backgroundcolor code-fold code-tools css-property-processing document-css email-obfuscation embed-resources "
        "fontcolor grid header-includes highlight-style include-after-body include-before-body include-in-header "
        "lightbox linkcolor max-width number-depth number-sections self-contained smooth-scroll tabsets template "
        "title-block-banner toc-location".split()
    ),
    "format.typst": frozenset(
        "columns include-in-header keep-md linestretch logo monofont number-depth number-sections page-numbering template "
        "theorem-appearance toc-depth toc-indent".split()
    ),
}

#: Fields at the top of a page or notebook, in the same three kinds.
FIELDS_FOLLOWED = frozenset("title subtitle date lang number-sections format toc execute trust".split())
FIELDS_NOT_APPLICABLE = frozenset(
    "page-layout jupyter kernelspec engine search order freeze cache draft toc-expand anchor-sections code-copy".split()
)
FIELDS_REFUSED = frozenset(
    "abstract author bibliography brand categories citation comments css description filters image include-after-body "
    "include-before-body include-in-header keywords lightbox listing mainfont margin number-depth papersize pagetitle "
    "shift-heading-level-by sidebar theme title-block-banner toc-depth toc-location toc-title".split()
)

#: Files that Quarto reads by their name.
FILES_REFUSED = ("_brand.yml", "_metadata.yml")
