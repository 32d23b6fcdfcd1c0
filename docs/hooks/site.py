"""What the site has beside the pages: the reference of settings and the picture of the imports.

MkDocs calls ``on_files`` and ``on_page_markdown``. Both are made at build time from the code beside
this folder, so that neither can fall behind it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
for place in (ROOT / "src", Path(__file__).parent):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

import code_table  # noqa: E402
import imports  # noqa: E402
import policy_table  # noqa: E402
import quality_table  # noqa: E402
import settings  # noqa: E402

CODES = "<!-- all codes -->"
COMMANDS = "<!-- all commands -->"
QUALITY = "<!-- quality card -->"
POLICIES = "<!-- all policies -->"
STATEMENTS = "<!-- all statements -->"
PICTURE = "<!-- picture of the imports -->"


def on_files(files: Any, *, config: Any) -> Any:
    """Add a page of settings for every command.

    Args:
        files: of the site, as MkDocs found them.
        config: of MkDocs.
    """
    for command, text in settings.pages().items():
        files.append(File.generated(config, f"reference/settings/{command}.md", content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Fill in what a page leaves to the build.

    Args:
        markdown: of a page.
    """
    if COMMANDS in markdown:
        markdown = markdown.replace(COMMANDS, settings.overview())
    if CODES in markdown:
        markdown = markdown.replace(CODES, code_table.table())
    if QUALITY in markdown:
        markdown = markdown.replace(QUALITY, quality_table.table())
    if POLICIES in markdown:
        markdown = markdown.replace(POLICIES, policy_table.rules())
        markdown = markdown.replace(STATEMENTS, policy_table.statements())
    if PICTURE in markdown:
        markdown = markdown.replace(PICTURE, imports.picture(ROOT / "src/trifold"))
    return markdown
