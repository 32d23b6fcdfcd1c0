"""A stock Firefox, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi), offline."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.factories.waiting import wait

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
STARTS_S = 60.0
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "ArrowUp": "\ue013", "ArrowDown": "\ue015"}
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# whatever is not on this machine would go through a proxy that is ours, and writes it down
PREFS = {
    "remote.active-protocols": 1,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.ssl": "127.0.0.1",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.newtabpage.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.server": "https://127.0.0.1/none",
    "media.autoplay.default": 0,
}


class Outside:
    """Stands where the rest of the world would be: notes who asks for it, and hangs up."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._note, daemon=True).start()

    def _note(self) -> None:
        with suppress(OSError):  # closed
            while True:
                asking, _ = self._listening.accept()
                with asking, suppress(OSError):
                    self.asked.append(asking.recv(4096).split(b"\r\n")[0].decode("latin-1"))

    def close(self) -> None:
        self._listening.close()


class Firefox:
    """A window of a running Firefox; the same steps as ``chromium.Window`` takes.

    Args:
        at: address of its remote end.
        address: of the studio, before all paths.
        outside: where requests for other machines arrive.
    """

    def __init__(self, at: str, address: str, outside: Outside) -> None:
        self.address, self.outside, self.said = address, outside, list[str]()
        self._number = 0
        self._loop = asyncio.new_event_loop()  # of its own thread: Playwright's has this one
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._session, self._socket = self._wait(_connected(f"{at}/session"))
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: Any) -> Any:
        """A command of the protocol."""
        return self._wait(self._called(method, params))

    def go(self, path: str) -> None:
        """Open a page of the studio."""
        self.away(f"{self.address}{path}")

    def away(self, url: str) -> None:
        """Open a page of any machine."""
        self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def elsewhere(self) -> list[str]:
        """What was asked of other machines, by the browser for itself too."""
        return list(self.outside.asked)

    def js(self, expression: str) -> Any:
        """The value of an expression that is a text, a number or a truth."""
        return self._evaluated(expression).get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression is true, whatever page comes meanwhile."""
        wait(lambda: self.js(f"Boolean({expression})"), expression, passing=ProtocolError)

    def click(self, selector: str) -> None:
        """With the pointer, in the middle of an element, when the page stands still."""
        wait(lambda: self._clicked(selector), f"a click on {selector}", passing=ProtocolError)

    def _clicked(self, selector: str) -> bool:
        if self.js("document.readyState") != "complete":  # a style sheet would move it
            return False
        self.js(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        found = self._evaluated(f"document.querySelector({selector!r})")
        origin = {"type": "element", "element": {"sharedId": found["sharedId"]}}
        moved = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        pressed = [{"type": f"pointer{way}", "button": 0} for way in ("Down", "Up")]
        self._act({"type": "pointer", "id": "mouse", "actions": [moved, *pressed]})
        return True

    def press(self, *keys: str) -> None:
        """On the keyboard, one after the other."""
        typed = [
            {"type": f"key{way}", "value": KEYS.get(key, key)}
            for key in keys
            for way in ("Down", "Up")
        ]
        self._act({"type": "key", "id": "keyboard", "actions": typed})

    def close(self) -> None:
        """End the browser."""
        self.call("browser.close")
        self._wait(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _act(self, source: dict[str, Any]) -> None:
        self.call("input.performActions", context=self._context, actions=[source])

    def _evaluated(self, expression: str) -> dict[str, Any]:
        asked = {"expression": expression, "target": {"context": self._context}}
        found = self.call("script.evaluate", **asked, awaitPromise=True)
        if found["type"] == "exception":
            raise ProtocolError(found["exceptionDetails"]["text"])
        return dict(found["result"])

    async def _called(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("method") == "log.entryAdded":
                self.said.append(str(answer["params"].get("text")))
            elif answer.get("id") == self._number:
                if answer["type"] == "error":
                    raise ProtocolError(f"{method}: {answer['message']}")
                return answer["result"]

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(STARTS_S)


class ProtocolError(Exception):
    """A command that Firefox did not follow."""


async def _connected(at: str) -> tuple[ClientSession, ClientWebSocketResponse]:
    session = ClientSession()
    return session, await session.ws_connect(at, max_msg_size=0)


@contextmanager
def firefox(address: str) -> Iterator[Firefox]:
    """A new Firefox with a profile of its own, which knows this machine alone.

    Args:
        address: of the studio.
    """
    outside = Outside()
    with tempfile.TemporaryDirectory(prefix="firefox-") as folder:
        ports = {f"network.proxy.{kind}_port": outside.port for kind in ("http", "ssl")}
        lines = (f"user_pref({_js(k)}, {_js(v)});\n" for k, v in (PREFS | ports).items())
        Path(folder, "user.js").write_text("".join(lines))
        words = ["--headless", "--profile", folder, "--remote-debugging-port", "0", "about:blank"]
        with _running([str(FIREFOX), *words], home=folder) as at:
            window = Firefox(at, address, outside)
            yield window
            window.close()
    outside.close()


@contextmanager
def _running(words: Sequence[str], *, home: str) -> Iterator[str]:
    """Address of the remote end of a Firefox that ends with the block."""
    # a connection that leaves the machine past the proxy would end the browser
    around = os.environ | {"HOME": home, "MOZ_DISABLE_NONLOCAL_CONNECTIONS": "1"}
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=around) as process:
        assert process.stderr is not None
        found = next(filter(None, map(LISTENS.search, process.stderr)), None)
        assert found is not None, "Firefox did not start"
        threading.Thread(target=process.stderr.read, daemon=True).start()  # so that it never waits
        try:
            yield found[1]
        finally:
            try:
                process.wait(STARTS_S / 4)
            except subprocess.TimeoutExpired:
                process.kill()


def _js(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
