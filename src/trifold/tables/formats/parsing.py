"""Spreadsheets, Parquet and files of statistics programs, read in a process of their own.

Their parsers are compiled code that a damaged or hostile file can make crash, or fill the memory
with cells that are not there (one cell in the last row and column of a sheet is enough). Here that
costs a child process, which has limits, and ends in an error that names the file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from trifold.tables.formats.workbook import MAX_SECONDS, Sheets

PROGRAM = "trifold.tables.formats.workbook"


def read_sheets(path: Path, kind: str) -> Sheets:
    """The sheets of a file, in its order.

    Args:
        path: of the file.
        kind: ``workbook`` (.xlsx, .xlsm, .xlsb, .xls, .ods), ``parquet``, ``sav`` (SPSS) or
            ``dta`` (Stata).

    Returns:
        For each sheet ``name``, ``visible``, ``rows`` of text cells from the top left corner,
        ``filled``, the number of cells that merged cells filled, ``hidden`` and
        ``hidden_columns``, the numbers of those with cells that are not shown, and ``labels``,
        column to what its codes stand for.

    Raises:
        ValueError: when it cannot be read within the limits.
    """
    command = [sys.executable, "-P", "-m", PROGRAM, kind, str(path)]
    paths = os.pathsep.join(os.path.abspath(one) for one in sys.path)
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"}
    environment["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    try:
        done = subprocess.run(  # noqa: S603 - this file, and a path that is no option
            command, capture_output=True, env=environment, timeout=2 * MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"a file that takes more than {2 * MAX_SECONDS} s to read") from error
    if done.returncode < 0:
        raise ValueError("a file that is damaged or too large once unpacked")
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        raise ValueError("a file that cannot be read") from error
    if "error" in answer:
        raise ValueError(answer["error"])
    return list(answer["sheets"])
