"""Every kind of account gets to the first page, on both databases."""

from __future__ import annotations

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
