"""Every kind of account gets to the first page, on both databases."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.studios import PASSWORD, TestedStudio
from trifold.errors import InputError
from trifold.studio.accounts.roles import Role
from trifold.studio.command import _serve


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_projects(studio: TestedStudio, role: Role) -> None:
    page = studio.browser(role).look("/")
    assert page.status_code == 200
    assert "Sales" in page.text
    assert ("Elsewhere" in page.text) is (role is Role.ADMINISTRATOR)


def test_signing_in_by_the_form_leads_to_the_projects(studio: TestedStudio) -> None:
    client = studio.nobody()
    values = {"login": "Rater@example.org", "password": PASSWORD}
    sent = client.send_form("/sign-in", values)
    assert sent.status_code == 303
    assert "Sales" in client.look("/").text


def test_the_server_holds_no_model_in_memory() -> None:
    """Pages only read what jobs wrote; PyTorch alone takes half a gigabyte."""
    large = "[name for name in ('torch', 'cv2') if name in sys.modules]"
    code = f"import sys, trifold.studio.server; print({large})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(InputError, match=r"home: expected a folder for home, .*got a file"):
        _serve([f"home={tmp_path / 'home'}"])


WATCHED = """
import gc, os, signal, socket, sys, threading, time
from pathlib import Path
from trifold.studio.command import _serve

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]

def watch():
    until = time.monotonic() + 600
    while time.monotonic() < until:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    print(f"kept aside {gc.get_freeze_count()}, searched {len(gc.get_objects())}", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=watch, daemon=True).start()
_serve([f"home={sys.argv[1]}", f"port={port}", "workers=0"])
"""


def test_pages_do_not_wait_until_the_whole_program_is_searched_for_garbage(tmp_path: Path) -> None:
    """A search through all that was imported takes a tenth of a second, at any page."""
    ran = subprocess.run([sys.executable, "-c", WATCHED, tmp_path / "home"], capture_output=True,
                         text=True, check=False)  # fmt: skip
    told = re.search(r"kept aside (\d+), searched (\d+)", ran.stdout)
    assert told is not None, ran.stderr
    assert int(told[1]) > 20 * int(told[2])
