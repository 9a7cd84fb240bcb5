"""Pictures of the page's states in each engine, to be looked at side by side: `python -m tests.engines.pictures [FOLDER]`.

They show what no test sees: fonts, selects, file inputs, scrollbars, focus rings. STAYSAIL_ENGINES chooses the engines."""

import os
import sys
import threading
import warnings
from pathlib import Path

from tests.engines.conftest import Tab, start
from tools.serve import open_server
from tools.site import FOLDERS, Site
from tools.sources import ROOT

ANSWER = """# Sails

A **staysail** is set on a stay, see [the dictionary](https://example.com). In code: `hoist("jib")`.

| sail | mast | area |
| --- | --- | ---: |
| jib | fore | 24 m² |
| staysail | main | 18 m² |

- first point
- second point

```python
def hoist(sail: str) -> None:
    print(f"hoisting {sail}")
```

> Fair winds. $E = mc^2$
"""
AGENT = """
const chat = document.querySelector("staysail-chat");
chat.agent = {
  async *stream() {
    const failure = new Error("The provider answered 429: too many requests.");
    if (a.fail) throw Object.assign(failure, { name: "RateLimitError", retryable: true });
    yield { type: "tool_call_done", id: "1", name: "get_weather", arguments: { city: "Oslo" } };
    yield { type: "tool_result", id: "1", name: "get_weather", text: '{"sky": "rain", "celsius": 7}' };
    for (const text of a.answer.match(/.{1,40}/gs)) yield { type: "text_delta", text };
    if (a.waits) await new Promise((resolve) => setTimeout(resolve, 20_000));
  },
};
void chat.send("What is a staysail?");
const awaited = a.fail ? "too many requests" : a.waits ? "staysail is set" : "Fair winds";
const log = chat.shadowRoot.querySelector(".log");
for (let tries = 0; tries < 600 && !log.innerText.includes(awaited); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
await new Promise((resolve) => setTimeout(resolve, 500));
"""
OPEN = """
const pause = () => new Promise((resolve) => setTimeout(resolve, 400));
document.querySelector('[aria-label="Menu"]').click();
await pause();
const item = [...document.querySelectorAll("#menu button, #menu a, nav button")].find((node) => node.innerText.trim().startsWith(a));
item?.click();
await pause();
await pause();
return Boolean(item);
"""
THEME = """
const select = document.querySelector('#theme');
select.value = a;
select.dispatchEvent(new Event('change', { bubbles: true }));
"""
STATES = {
    "start": (1280, None),
    "start-narrow": (360, None),
    "answer": (1280, (AGENT, {"answer": ANSWER})),
    "answer-narrow": (360, (AGENT, {"answer": ANSWER})),
    "answering": (1280, (AGENT, {"answer": ANSWER[:200], "waits": True})),
    "error": (1280, (AGENT, {"answer": "", "fail": True})),
    "error-narrow": (360, (AGENT, {"answer": "", "fail": True})),
    "settings": (1280, (OPEN, "Settings")),
    "settings-narrow": (360, (OPEN, "Settings")),
    "documents": (1280, (OPEN, "Documents")),
    "files": (1280, (OPEN, "Files")),
    "menu-narrow": (360, ("document.querySelector('[aria-label=\"Menu\"]').click(); await new Promise((r) => setTimeout(r, 400));", None)),
}


def take(folder: Path) -> None:
    engines = os.environ.get("STAYSAIL_ENGINES", "chromium,firefox,webkit").split(",")
    with open_server(Site(folders=(*FOLDERS, "tests")), 0, quiet=True) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in engines:
            engine = start(name)
            for theme in ("light", "dark"):
                for state, (width, step) in STATES.items():
                    if theme == "dark" and state not in ("answer", "settings", "start-narrow"):
                        continue
                    with Tab(engine, f"{server.url}tests/page/empty.html") as tab:
                        tab.resize(width, 800)
                        tab.go(server.url)
                        tab.wait("!!document.querySelector('staysail-chat')?.shadowRoot")
                        if theme == "dark":
                            tab.run(THEME, theme)
                        if step:
                            tab.run(*step, timeout_s=90)
                        (folder / f"{state}-{theme}-{name}.png").write_bytes(tab.picture())
            engine.quit()
        server.shutdown()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".cache" / "pictures"
    target.mkdir(parents=True, exist_ok=True)
    take(target)
    print(f"The pictures are in {target}")
