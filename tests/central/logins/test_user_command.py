"""`user` and `token` as whoever runs the office types them."""

import json
import subprocess
import sys

import pytest

from central.__main__ import main


def typed(url: str, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """A process of its own, whose standard input is what was typed."""
    command = [sys.executable, "-m", "central", "--db", url, *words]
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False)


def test_a_user_is_added_listed_and_disabled(url: str):
    added = typed(url, "user", "add", "lan", "--role", "clerk", said="năm con mèo ngủ trưa\n")
    assert added.returncode == 0 and "otpauth://totp/" in added.stdout
    assert "năm con mèo" not in added.stdout + added.stderr
    assert typed(url, "user", "disable", "lan").returncode == 0
    (row,) = json.loads(typed(url, "user", "list", "--format", "json").stdout)
    assert (row["name"], row["role"], row["second_factor"], row["state"]) == ("lan", "clerk", "yes", "disabled")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "an", "--role", "viewer"), "12 to 128 characters"),
        (("add", "an", "--role", "viewer", "--unit", "X99"), "no unit 'X99'"),
        (("add", "an", "--role", "staff", "--staff", "CB999"), "nobody has the code 'CB999'"),
        (("disable", "an"), "there is none of this name"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(url: str, words: tuple[str, ...], why: str):
    refused = typed(url, "user", *words, said="short\n")
    assert refused.returncode == 1 and why in refused.stderr


def test_a_token_is_shown_once_and_revoked(url: str, capsys: pytest.CaptureFixture[str]):
    assert main(["--db", url, "token", "add", "TV sảnh", "--wall"]) == 0
    link = capsys.readouterr().out.strip()
    assert link.startswith("/tv/") and len(link) > 40
    assert main(["--db", url, "token", "revoke", "1"]) == 0
    assert main(["--db", url, "token", "revoke", "1"]) == 1
    capsys.readouterr()
    assert main(["--db", url, "token", "list"]) == 0
    listed = capsys.readouterr().out
    assert "revoked" in listed and link[4:] not in listed
