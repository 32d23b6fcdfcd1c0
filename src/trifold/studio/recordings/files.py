"""Where a project's recordings lie: uploaded ones in its folder, others behind a link to theirs."""

from __future__ import annotations

from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.private import private_folder
from trifold.studio.database.projects import Recording
from trifold.studio.recordings.names import one_line
from trifold.studio.web.visit import Studio


def recordings_folder(studio: Studio, project_id: str) -> Path:
    """A project's folder of recordings."""
    return studio.folder_of(project_id) / "recordings"


def file_of(studio: Studio, recording: Recording) -> Path:
    """The file of a recording, with all links followed.

    Raises:
        InputError: when it lies neither in the project's folder nor in one that the settings allow.
    """
    root = recordings_folder(studio, recording.project_id)
    file = (root / recording.path).resolve()
    allowed = (root, *studio.settings.folders)
    if not any(file.is_relative_to(folder.resolve()) for folder in allowed):
        raise InputError(
            expected="a recording in a folder that the settings allow",
            got="a link to elsewhere",
            where=recording.path,
        )
    return file


def uploaded(studio: Studio, project_id: str, path: str) -> Path:
    """The file of what was uploaded, which may be deleted.

    Raises:
        InputError: when it lies in a folder of the server.
    """
    root = recordings_folder(studio, project_id)
    file = root / path
    if not file.parent.resolve().is_relative_to(root.resolve()):
        raise InputError(
            expected="an uploaded recording (or leave this one out)",
            got="one in a folder of the server",
        )
    return file


def linked_folders(studio: Studio, project_id: str) -> dict[str, Path]:
    """Names of links among the recordings to the folders that they lead to, if still allowed."""
    root = recordings_folder(studio, project_id)
    if not root.is_dir():
        return {}
    links = {path.name: path.resolve() for path in sorted(root.iterdir()) if path.is_symlink()}
    return {name: to for name, to in links.items() if to.is_dir() and is_allowed(studio, to)}


def is_allowed(studio: Studio, folder: Path) -> bool:
    """Whether recordings may be taken from a folder of this machine."""
    real = folder.resolve()
    return any(real.is_relative_to(one.resolve()) for one in studio.settings.folders)


def link_folder(studio: Studio, project_id: str, given: str) -> str:
    """Take the recordings of a folder of this machine into a project, without copying them.

    Returns:
        The name that it has among the recordings.

    Raises:
        InputError: when it is no folder, or not below one that the settings allow.
    """
    folder = Path(given)
    if not folder.is_absolute() or not is_allowed(studio, folder) or not _is_folder(folder):
        allowed = ", ".join(map(str, studio.settings.folders)) or "none; see folders="
        raise InputError(expected=f"a folder in one of {allowed}", got=repr(given))
    real, root = folder.resolve(), private_folder(recordings_folder(studio, project_id))
    for name, to in linked_folders(studio, project_id).items():
        if to == real:
            return name
    base = one_line(real.name).strip(". ") or "folder"
    names = (base, *(f"{base} ({n})" for n in range(2, 1000)))
    free = next(name for name in names if not (root / name).exists())
    (root / free).symlink_to(real, target_is_directory=True)
    return free


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that no file can have
        return False


def unlink_folder(studio: Studio, project_id: str, name: str) -> None:
    """Let go of a folder of this machine; nothing in it is touched."""
    root = recordings_folder(studio, project_id)
    for path in root.iterdir() if root.is_dir() else ():
        if path.name == name and path.is_symlink():
            path.unlink()
