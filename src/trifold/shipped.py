"""Files that come with Trifold, by their names: target schemas, maps between them, policies."""

from __future__ import annotations

from pathlib import Path

CONFIGS = Path(__file__).parent / "configs"
SCHEMAS, MAPS = "corpora/schemas", "corpora/maps"
POLICIES = "policies"  # not ``policy``: Hydra would take a folder of that name for a group


def shipped(name: str | Path, group: str) -> Path:
    """A user's own file, or the one of this name that comes with Trifold.

    Args:
        name: a path, a name such as ``big_five``, or a path of the repository such as
            ``configs/corpora/schemas/big_five.yaml``, which means the same from every folder.
        group: folder of ``configs/`` with the files, such as ``corpora/schemas``.
    """
    path = Path(name)
    ours = CONFIGS / group / (path.name if path.suffix else f"{path.name}.yaml")
    by_name = len(path.parts) == 1 and not path.suffix
    by_path = path.parent == Path("configs") / group
    return ours if (by_name or by_path) and not path.exists() and ours.is_file() else path


def names_of(group: str) -> list[str]:
    """The names that come with Trifold."""
    return sorted(path.stem for path in (CONFIGS / group).glob("*.yaml"))
