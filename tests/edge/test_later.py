"""A module that is loaded at its first use: nobody sees a difference but the memory."""

import subprocess
import sys

import pytest

BEGIN = "import sys; from edge.later import import_later; import_later('urllib.request'); "


@pytest.mark.parametrize(
    "use",
    [
        "import urllib.request; used = urllib.request.getproxies",
        "from urllib.request import getproxies as used",
        "import urllib.request as here; import urllib.request as again; here.Request; used = again.getproxies",
    ],
)
def test_it_is_loaded_when_something_of_it_is_used(use):
    check = f"{BEGIN}assert 'http.client' not in sys.modules; {use}; assert callable(used); import http.client"
    subprocess.run(
        [sys.executable, "-c", f"{check}; assert used is sys.modules['urllib.request'].getproxies"], check=True
    )


def test_importing_it_loads_nothing():
    check = f"{BEGIN}import urllib.request, urllib.parse; assert not hasattr(urllib.request, '__path__')"
    subprocess.run([sys.executable, "-c", f"{check}; assert 'http.client' not in sys.modules"], check=True)


def test_what_is_not_there_is_missed_as_usual():
    check = f"{BEGIN}import urllib.request; urllib.request.no_such_name"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert "AttributeError: module 'urllib.request' has no attribute 'no_such_name'" in done.stderr


def test_what_is_loaded_already_stays():
    check = "import urllib.request as r; from edge.later import import_later; import_later('urllib.request')"
    subprocess.run(
        [sys.executable, "-c", f"{check}; import sys; assert sys.modules['urllib.request'] is r"], check=True
    )
