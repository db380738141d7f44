"""A manifest that is signed: by whom, and that nobody has changed it since."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from race_equality.errors import RaceEqualityError
from race_equality.publishing.signature import sign, signer_of

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not here")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    kind, text = key.with_suffix(".pub").read_text().split()[:2]
    (tmp_path / "allowed").write_text(f'nhs@example.org namespaces="race-equality-edition" {kind} {text}\n')
    (tmp_path / "other").write_text(f'nhs@example.org namespaces="mail" {kind} {text}\n')
    return key


def test_who_signed_and_that_nothing_was_changed(key, tmp_path):
    manifest, allowed = b'{"files": {}}', tmp_path / "allowed"
    (tmp_path / "manifest.json").write_bytes(manifest)
    assert signer_of(tmp_path, None) is None
    with pytest.raises(RaceEqualityError, match="is not signed"):
        signer_of(tmp_path, allowed)

    signature = sign(manifest, key)
    assert signature == sign(manifest, key), "two editions by one key are the same bytes"
    (tmp_path / "manifest.json.sig").write_bytes(signature)
    assert signer_of(tmp_path, allowed) == "nhs@example.org"
    assert signer_of(tmp_path, None).startswith("somebody with the key SHA256:")
    with pytest.raises(RaceEqualityError, match="is of nobody in|does not fit"):
        signer_of(tmp_path, tmp_path / "other")  # may sign mail alone

    (tmp_path / "manifest.json").write_bytes(manifest + b" ")
    for list_ in (allowed, None):
        with pytest.raises(RaceEqualityError, match="was changed after"):
            signer_of(tmp_path, list_)


def test_a_file_that_is_no_key_is_refused(tmp_path):
    (tmp_path / "key").write_text("no key")
    with pytest.raises(RaceEqualityError, match=r"cannot be signed with .*key: "):
        sign(b"{}", tmp_path / "key")
