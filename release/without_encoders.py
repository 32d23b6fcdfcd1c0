"""PyAV without x264 and x265: ``python -m release.without_encoders SITE-PACKAGES``.

PyAV's wheel links FFmpeg with libx264 and libx265, which are GPL; whoever hands that on hands on a
GPL work. Both only write video, which scoring never does: FFmpeg reads H.264 and HEVC by itself.
Each is replaced by a library of the same name with the same symbols in which every function fails,
so that decoding is as before and encoding with them is refused with an error. Needs a C compiler.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from release.libraries import GPL, Library, libraries

# x265 is asked for a table of functions: there it finds one whose functions all give nothing
HEAD = {"x264": "", "x265": "static void *none(void) { return 0; }\n#define FEW none, none, none, "
                "none, none, none, none, none\n"}  # fmt: skip
FUNCTION = "int {name}(void) {{ return -1; }}\n"
SPECIAL = {
    "x264_encoder_open": "void *{name}(void) {{ return 0; }}\n",
    "x264_levels": "const char {name}[1024];\n",
    "x265_api_get": "static void *(*const table[])(void) = {{FEW, FEW, FEW, FEW, FEW, FEW, FEW, "
                    "FEW}};\nconst void *{name}(int depth) {{ return depth ? 0 : table; }}\n",
}  # fmt: skip


def main(packages: str) -> int:
    """Replace both; 1 where there is nothing to replace."""
    found = [one for one in libraries(Path(packages)) if one.name in GPL]
    for library in found:
        symbols = wanted_from(library)
        replace(library, symbols)
        print(f"{library.path.name}: {len(symbols)} symbols that do nothing")
    if not found:
        print(f"{packages}: no {' or '.join(sorted(GPL))} in it", file=sys.stderr)
    return int(not found)


def wanted_from(library: Library) -> list[str]:
    """Symbols that the other libraries of the wheel take from this one."""
    beside = [path for path in library.path.parent.iterdir() if path != library.path]
    said = subprocess.run(["nm", "-D", "--undefined-only", *beside], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    return sorted(set(re.findall(rf"\bU ({library.name}_\w+)", said)))


def source(library: str, symbols: list[str]) -> str:
    """C in which every function fails.

    Args:
        library: ``x264`` or ``x265``.
        symbols: that it must have; the interface's version stands at the end of some.
    """
    plain = {name: re.sub(r"_\d+$", "", name) for name in symbols}
    parts = [SPECIAL.get(plain[name], FUNCTION).format(name=name) for name in symbols]
    return HEAD[library] + "".join(parts)


def replace(library: Library, symbols: list[str]) -> None:
    """Put the library that does nothing in the place of the other, under its name."""
    written = library.path.with_name(f"{library.path.name}.new")
    command = ["cc", "-shared", "-fPIC", "-Os", "-s", f"-Wl,-soname,{library.path.name}",
               "-Wl,--build-id=none", "-x", "c", "-", "-o", str(written)]  # fmt: skip
    subprocess.run(command, input=source(library.name, symbols), text=True, check=True)
    os.replace(written, library.path)  # a hard link into a package manager's cache is left alone


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
