"""An image of the endpoint, run as its documentation says: nowhere to write, and no network.

    python -m benchmarks.image [image=trifold-endpoint:0.1.0] [engine=podman] [options=WORDS]

Starts a container on a root file system that is read-only, with no capability and no network but
its own loopback (``options`` are of the engine's ``run``); waits for its health check; scores a
recording from inside; looks whether x264 and x265 are the ones that do nothing; and stops it.
Run it as a user without rights.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.factories.media import write_interview

KEY = "/var/lib/trifold/serving/key"
LOCKED = ("--read-only", "--tmpfs=/tmp", "--network", "none", "--cap-drop", "all",
          "--security-opt", "no-new-privileges")  # fmt: skip
INSIDE = """
import json, os, socket
from pathlib import Path
import av, torch
def refused(path):
    try:
        open(path, "w")
    except OSError as error:
        return error.strerror
    return "written"
status = dict(line.split(":\\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
libraries = Path(av.__file__).parents[1] / "av.libs"
try:
    av.CodecContext.create("libx264", "w").open()
    writes = True
except Exception:
    writes = False
print(json.dumps({
    "uid": os.getuid(), "capabilities": int(status["CapEff"], 16),
    "no_new_privileges": status["NoNewPrivs"], "interfaces": os.listdir("/sys/class/net"),
    "root": refused("/opt/x"), "torch": torch.__version__, "writes_h264": writes,
    "bytes": {path.name: path.stat().st_size for path in sorted(libraries.glob("libx26*"))},
}))
"""


def main(*words: str) -> None:
    """Print what was found and measured, one line each."""
    given = dict(word.split("=", 1) for word in words)
    image, engine = given.get("image", "trifold-endpoint:0.1.0"), given.get("engine", "podman")
    name = f"trifold-try-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103  # the container's user is another
        write_interview(Path(folder), "ann")
        begun_s = time.monotonic()
        run(engine, "run", *shlex.split(given.get("options", "")), "--detach", "--name", name,
            *LOCKED, "--volume", f"{name}:/var/lib/trifold", "--volume", f"{folder}:/media:ro",
            image)  # fmt: skip
        try:
            print(f"{image}: {size_mb(engine, image)} MB")
            if Path(engine).name == "podman":
                rootless = run(engine, "info", "--format", "{{.Host.Security.Rootless}}").strip()
                print(f"rootless: {rootless}")
            wait_until_healthy(engine, name)
            print(f"healthy after {time.monotonic() - begun_s:.1f} s")
            found = run(engine, "exec", name, "python", "-c", INSIDE)
            print(json.dumps(json.loads(found), indent=1))
            begun_s = time.monotonic()
            print(run(engine, "exec", name, "trifold", "serve", "client", "/media/ann.mp4",
                      "candidate_id=ann", f"key_file={KEY}").strip())  # fmt: skip
            print(f"scored after {time.monotonic() - begun_s:.1f} s, the client's start included")
            begun_s = time.monotonic()
            run(engine, "stop", "--time", "60", name)
            code = run(engine, "inspect", "--format", "{{.State.ExitCode}}", name).strip()
            print(f"ended by SIGTERM after {time.monotonic() - begun_s:.1f} s, exit status {code}")
        finally:
            logs = subprocess.run([engine, "logs", name], capture_output=True, text=True)
            print((logs.stdout + logs.stderr)[-2000:], file=sys.stderr)
            subprocess.run([engine, "rm", "--force", "--volumes", name], capture_output=True)
            subprocess.run([engine, "volume", "rm", "--force", name], capture_output=True)


def run(*command: str) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}: {done.stderr}")
    return done.stdout


def size_mb(engine: str, image: str) -> int:
    """Of all layers, unpacked."""
    return round(int(run(engine, "image", "inspect", "--format", "{{.Size}}", image)) / 1e6)


def wait_until_healthy(engine: str, name: str, patience_s: float = 300) -> None:
    """Until the image's own check says so; podman runs it when it is asked to."""
    end_s = time.monotonic() + patience_s
    check = (["healthcheck", "run", name] if Path(engine).name == "podman" else
             ["exec", name, "python", "-c", "import urllib.request as u; "
              "u.urlopen('http://127.0.0.1:8080/ping', timeout=9)"])  # fmt: skip
    while subprocess.run([engine, *check], capture_output=True).returncode:
        if time.monotonic() > end_s:
            sys.exit(f"{name}: not healthy after {patience_s:.0f} s")
        time.sleep(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
