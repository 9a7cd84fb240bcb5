"""Firefox over WebDriver BiDi, which it speaks by itself: a WebSocket, and no driver program between."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from websocket import WebSocketTimeoutException, create_connection

from tests.engines.keys import strokes

# No traffic of the browser's own, no questions, no restored windows.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.cache.disk.smart_size.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "browser.tabs.warnOnClose": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.security.https_first": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class FirefoxError(Exception):
    """What Firefox answered to a command in place of a result."""


class Firefox:
    """One Firefox with a profile of its own, which ends with it."""

    def __init__(self, executable: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="staysail-firefox-", ignore_cleanup_errors=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (Path(self._profile.name) / "user.js").write_text("\n".join(lines))
        command = [executable, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", self._profile.name]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, "MOZ_DISABLE_AUTO_SAFE_MODE": "1"}
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(r"ws://\S+", line):
                break
        else:
            raise FirefoxError("Firefox ended before it listened")
        self._socket = create_connection(f"{found[0]}/session", timeout=60, suppress_origin=True)
        self._ids = itertools.count(1)
        self.logs: list[str] = []
        told = self.command("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self.version = str(told["capabilities"]["browserVersion"])
        self.command("session.subscribe", {"events": ["log.entryAdded"]})

    def command(self, method: str, params: dict[str, Any], timeout_s: float = 60) -> Any:
        """Sends one command and waits for its answer; what is logged in between goes to `logs`."""
        wanted = next(self._ids)
        self._socket.settimeout(timeout_s)
        self._socket.send(json.dumps({"id": wanted, "method": method, "params": params}))
        while True:
            try:
                told = json.loads(self._socket.recv())
            except WebSocketTimeoutException:
                raise TimeoutError(f"Firefox did not answer {method} within {timeout_s:g} s") from None
            if told.get("method") == "log.entryAdded":
                self.logs.append(f"{told['params']['level']}: {told['params'].get('text')}")
            if told.get("id") != wanted:
                continue
            if told["type"] == "error":
                raise FirefoxError(f"{method}: {told['error']}: {told['message']}")
            return told["result"]

    def new_tab(self) -> str:
        """Opens an empty tab."""
        return str(self.command("browsingContext.create", {"type": "tab"})["context"])

    def go(self, tab: str, url: str) -> None:
        self.command("browsingContext.navigate", {"context": tab, "url": url, "wait": "complete"})

    def run(self, tab: str, function: str, argument: str, timeout_s: float) -> str:
        """The text that an async function of one text returns."""
        params = {
            "functionDeclaration": function,
            "arguments": [{"type": "string", "value": argument}],
            "target": {"context": tab},
            "awaitPromise": True,
            "userActivation": True,
        }
        told = self.command("script.callFunction", params, timeout_s)
        if told["type"] == "exception":
            raise FirefoxError(told["exceptionDetails"]["text"])
        return str(told["result"]["value"])

    def press(self, tab: str, keys: str) -> None:
        steps = [{"type": "keyDown" if down else "keyUp", "value": key} for down, key in strokes(keys)]
        self.command("input.performActions", {"context": tab, "actions": [{"type": "key", "id": "keyboard", "actions": steps}]})

    def give_files(self, tab: str, selector: str, files: list[str]) -> None:
        found = self.command("browsingContext.locateNodes", {"context": tab, "locator": {"type": "css", "value": selector}})
        self.command("input.setFiles", {"context": tab, "element": {"sharedId": found["nodes"][0]["sharedId"]}, "files": files})

    def resize(self, tab: str, width: int, height: int) -> None:
        self.command("browsingContext.setViewport", {"context": tab, "viewport": {"width": width, "height": height}})

    def picture(self, tab: str) -> bytes:
        return base64.b64decode(self.command("browsingContext.captureScreenshot", {"context": tab})["data"])

    def close_tab(self, tab: str) -> None:
        self.command("browsingContext.close", {"context": tab})

    def quit(self) -> None:
        try:
            self.command("browser.close", {}, timeout_s=5)
        except (TimeoutError, OSError, FirefoxError):
            self._process.terminate()
        self._socket.close()
        self._process.wait(20)
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._profile.cleanup()
