"""Native libraries inside wheels: what is in them, by the names of their files.

Wheels bring libraries of others in a folder ``NAME.libs``, of which their own metadata say little.
``GPL`` is what makes all that is linked with it GPL where it is handed on, see
``release.without_encoders``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
_LGPL3_OR_GPL2 = "LGPL-3.0-or-later OR GPL-2.0-or-later"
OF = {
    # FFmpeg as PyAV and OpenCV build it; PyAV's says of itself LGPL version 3 or later
    **dict.fromkeys(("avcodec", "avdevice", "avfilter", "avformat", "avutil", "swresample",
                     "swscale"), "LGPL-3.0-or-later"),
    "x264": "GPL-2.0-or-later", "x265": "GPL-2.0-or-later",
    "mp3lame": "LGPL-2.0-or-later", "asound": "LGPL-2.1-or-later", "gnutls": "LGPL-2.1-or-later",
    "gmp": _LGPL3_OR_GPL2, "nettle": _LGPL3_OR_GPL2, "hogweed": _LGPL3_OR_GPL2,
    "unistring": _LGPL3_OR_GPL2,
    "SvtAv1Enc": "BSD-3-Clause-Clear", "aom": "BSD-2-Clause", "avif": "BSD-2-Clause",
    "dav1d": "BSD-2-Clause", "opus": "BSD-3-Clause", "vpx": "BSD-3-Clause",
    "webp": "BSD-3-Clause", "webpmux": "BSD-3-Clause", "webpdemux": "BSD-3-Clause",
    "sharpyuv": "BSD-3-Clause", "vpl": "MIT", "drm": "MIT",
    "opencore-amrnb": "Apache-2.0", "opencore-amrwb": "Apache-2.0",
    **dict.fromkeys(("Xau", "xcb", "xcb-shape", "xcb-shm", "xcb-xfixes"), "MIT"),
    "brotlicommon": "MIT", "brotlidec": "MIT", "freetype": "FTL OR GPL-2.0-or-later",
    "harfbuzz": "MIT", "jpeg": "IJG AND BSD-3-Clause", "lcms2": "MIT", "lzma": "0BSD",
    "openjp2": "BSD-2-Clause", "png16": "libpng-2.0", "tiff": "libtiff", "zstd": "BSD-3-Clause",
    "z": "Zlib",
    "gfortran": _GCC, "quadmath": "LGPL-2.1-or-later", "gomp": _GCC,
    "scipy_openblas": "BSD-3-Clause", "scipy_openblas64_": "BSD-3-Clause",
    "openblasp-r0": "BSD-3-Clause", "ctranslate2": "MIT",
    "crypto": "OpenSSL OR Apache-2.0", "ssl": "OpenSSL OR Apache-2.0", "pq": "PostgreSQL",
    "com_err": "MIT", "crypt": "LGPL-2.1-or-later", "gssapi_krb5": "MIT", "k5crypto": "MIT",
    "keyutils": "LGPL-2.1-or-later", "krb5": "MIT", "krb5support": "MIT", "lber": "OLDAP-2.8",
    "ldap": "OLDAP-2.8", "sasl2": "BSD-4-Clause-UC",
    "cudart": "LicenseRef-NVIDIA-Proprietary", "nvjpeg": "LicenseRef-NVIDIA-Proprietary",
}  # fmt: skip
GPL = {name for name, licence in OF.items() if licence.startswith("GPL-2")}
_NAME = re.compile(r"lib(.+?)(?:[-.][0-9a-f]{8})*(?:\.[0-9.]+)?\.so(?:\.[0-9a-z.]+)?")


@dataclass(frozen=True)
class Library:
    """A library that a wheel brings.

    Attributes:
        name: without ``lib`` and what was put in to make it unique.
        wheel: that brings it.
        path: of the file.
    """

    name: str
    wheel: str
    path: Path

    @property
    def licence(self) -> str:
        """As SPDX writes it; empty where it is not in the table."""
        return OF.get(self.name, "")


def libraries(packages: Path) -> Iterator[Library]:
    """Those of all wheels in a folder of installed packages, in order."""
    for folder in sorted(packages.glob("*.libs")):
        for path in sorted(folder.iterdir()):
            if (name := _NAME.fullmatch(path.name)) is not None:
                yield Library(name[1], folder.name.removesuffix(".libs"), path)
