"""The reference document of Word documents is what its script makes, to the byte."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_reference_document_is_made_by_its_script():
    found = importlib.util.spec_from_file_location("reference_docx", ROOT / "scripts" / "reference_docx.py")
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    held = script.TARGET.read_bytes()
    assert held == script.reference(), "python scripts/reference_docx.py"
