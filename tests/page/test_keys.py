"""Keys in a page: kept encrypted, lent by OpenRouter's login, and found nowhere else, whatever fails. One page serves all."""

import base64
import json
import re
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.page.chat_page import ChatPage
from tests.page.openrouter import LENT, OpenRouter, serve_openrouter
from tests.page.python_page import drop_database, run_script
from tests.page.test_element_view import violations
from tests.server import TestServer
from tests.server.box import Seen
from tools.sources import ROOT

PAGE = ROOT / "docs" / "keys.md"
KEY = "sk-marked-7f3a9c51e2d84b60"

# Every place of this origin where something could be left, as one text. Bytes are read as latin-1, so that no byte is skipped.
EVERYTHING = """
const found = [];
const read = async (value, depth = 0) => {
  if (value instanceof Blob) value = await value.arrayBuffer();
  if (value instanceof ArrayBuffer) value = new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return found.push(new TextDecoder("latin1").decode(value));
  if (value instanceof CryptoKey) return found.push(`extractable: ${value.extractable}`);
  if (value instanceof Map) value = [...value];
  if (value === null || typeof value !== "object") return found.push(String(value));
  if (depth < 30) for (const [name, inner] of Object.entries(value)) { found.push(name); await read(inner, depth + 1); }
};
const answer = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const names = [];
for (const { name } of await indexedDB.databases()) {
  names.push(name);
  const database = await answer(indexedDB.open(name));
  for (const table of database.objectStoreNames) {
    const store = database.transaction(table).objectStore(table);
    await read(await answer(store.getAllKeys()));
    await read(await answer(database.transaction(table).objectStore(table).getAll()));
  }
  database.close();
}
for (const name of await caches.keys()) {
  const cache = await caches.open(name);
  for (const request of await cache.keys()) {
    found.push(request.url, JSON.stringify([...request.headers]));
    const kept = await cache.match(request);
    found.push(JSON.stringify([...kept.headers]));
    if (!/\\.(wasm|zip|whl|snapshot|gz|mjs)$/.test(new URL(request.url).pathname)) found.push(await kept.text());
  }
}
for (const storage of [localStorage, sessionStorage]) found.push(JSON.stringify({ ...storage }));
found.push(document.documentElement.outerHTML, location.href, JSON.stringify(history.state));
const folder = await navigator.storage.getDirectory();
const walk = async (directory) => {
  for await (const entry of directory.values()) {
    found.push(entry.name);
    await (entry.kind === "directory" ? walk(entry) : read(await entry.getFile()));
  }
};
await walk(folder);
return { names, text: found.join("\\n") };
"""

SETUP = """
globalThis.said = [];
for (const level of ["log", "info", "warn", "error", "debug"]) {
  const print = console[level].bind(console);
  console[level] = (...values) => { said.push(values.map((value) => value?.stack ?? String(value)).join(" ")); print(...values); };
}
Object.assign(globalThis, await import("/web/index.js"));
globalThis.caught = async (work) => {
  try { return { value: await work() }; } catch ({ name, code, message }) { return { name, code, message }; }
};
await boot({ runtimeURL: "/wheels/" });
"""

FAILURES = """
const { key, failing, refused, stored } = JSON.parse(code);
const everything = [];
const keys = new KeyStore({ name: "marked-keys" });
await keys.save("openai", key, { passphrase: "correct horse" });
const span = (told) => everything.push(JSON.stringify(told));
const bad = { name: "bad", parameters: { type: "object", properties: {} }, execute() { throw new Error("the tool broke"); } };
const describe = (error) => {
  const seen = [error.stack, String(error), error.message];
  for (const name of Object.getOwnPropertyNames(error)) seen.push(name + JSON.stringify(error[name]));
  for (let cause = error.cause; cause; cause = cause.cause) seen.push(cause.stack, JSON.stringify(cause));
  everything.push(seen.join(" "));
  return error.name;
};
const make = (baseURL, options = {}) => new Agent({
  model: "openai-chat:gpt-4o", apiKey: () => keys.load("openai"), baseURL, tools: [bad], retry: { attempts: 2, baseMs: 1 }, durable: true,
  headers: { "x-api-key": key }, tracer: { exporter: span, raw: true, content: true }, ...options,
});
const ended = [];
for (const base of failing) {
  for (const streamed of [false, true]) {
    try {
      const agent = make(base, { conversation: "marked" });
      if (streamed) for await (const event of agent.stream("go")) everything.push(JSON.stringify(event));
      else everything.push(JSON.stringify(await agent.run("go")));
      ended.push("done");
    } catch (error) {
      ended.push(describe(error));
    }
  }
}
const others = [
  make(refused, { tracer: { exporter: { otlp: refused.replace("/v1", ""), headers: { authorization: "Bearer " + key } }, raw: true } }),
  make(stored, { tracer: { exporter: { indexedDB: "marked-traces" }, raw: true, content: true } }),
  make(stored, { tracer: { exporter: "console", raw: true, content: true }, apiKey: key }),
  make(stored, { apiKey: () => { throw new Error("no token today"); } }),
];
for (const agent of others) await agent.run("go").then((reply) => ended.push("done"), (error) => ended.push(describe(error)));
let kept = [];
for (let tries = 0; tries < 50 && kept.length < 2; tries += 1) {
  kept = await readTraces("marked-traces");
  if (kept.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
}
everything.push(JSON.stringify(kept));
keys.lock();
await make(stored).run("go").catch((error) => ended.push(describe(error)));
return { ended, kept: kept.map(({ name }) => name), text: [...everything, ...said].join("\\n") };
"""


PASSKEY = """
const keys = new KeyStore({ name: "kept" }), other = new KeyStore({ name: "kept" });
const out = { saved: await caught(() => keys.save("anthropic", JSON.parse(code).key, { passkey: true, user: "ada" })) };
out.by = (await other.list()).find(({ provider }) => provider === "anthropic").by;
out.locked = await caught(() => other.load("anthropic"));
out.word = await caught(() => other.load("anthropic", { passphrase: "x" }));
out.loaded = await caught(() => other.load("anthropic", { passkey: true }));
out.again = await caught(() => other.load("anthropic"));
return out;
"""
LOGIN = """
const { loginOpenRouter } = await import("/web/keys/openrouter-login.js");
void loginOpenRouter({ callbackURL: "?kept=1#part", authURL: code });
"""
FINISH = """
const { finishOpenRouterLogin } = await import("/web/keys/openrouter-login.js");
const take = async () => {
  try { return await finishOpenRouterLogin({ baseURL: code }); } catch ({ name, code, message }) { return { name, code, message }; }
};
return [await take(), await take(), location.search, JSON.stringify({ ...sessionStorage })];
"""
ELSEWHERE = """
const { loginOpenRouter } = await import("/web/keys/openrouter-login.js");
return await loginOpenRouter({ callbackURL: "https://example.org/" }).catch(({ message }) => message);
"""


@pytest.fixture
def page(driver, site):
    """At localhost, as passkeys take no address of numbers."""
    driver.get(f"{site.replace('127.0.0.1', 'localhost')}tests/page/empty.html")

    def run(body, **values):
        return run_script(driver, body, json.dumps(values))

    run(SETUP)
    return run


def test_no_key_is_left_anywhere_after_a_series_of_failures(page, driver):
    refusal = {"status": 401, "body": {"error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY}}}
    dropped = {"text": f"one two three {KEY} four five six", "drop": 400}
    broken = {"tool_calls": [{"name": "bad", "arguments": {}}]}
    with TestServer() as server:
        boxes = [
            server.box(refusal, loop=True),
            server.box({"status": 500, "body": f"<html>{KEY} crashed</html>"}, loop=True),
            server.box(dropped, loop=True),
            server.box(broken, {"text": "I could not."}, loop=True),
            server.box({"status": 200, "body": f"not json {KEY}"}, loop=True),
        ]
        stored = server.box({"text": "Well."}, loop=True)
        refused = server.box(refusal, loop=True)
        told = page(FAILURES, key=KEY, failing=[box.url for box in boxes], refused=refused.url, stored=stored.url)
        assert boxes[0].seen[0].headers["authorization"] == f"Bearer {KEY}", "the key did not go where it should"
        assert boxes[0].seen[0].headers["x-api-key"] == KEY
    assert told["ended"][:4] == ["AuthError", "AuthError", "ServerError", "ServerError"]
    assert told["ended"][-1] == "ConfigError", "a locked key is a clear error"
    assert {name.split()[0] for name in told["kept"]} == {"chat", "invoke_agent"}
    left = page(EVERYTHING)
    assert {"marked-keys", "staysail-runs"} <= set(left["names"])
    assert any("marked-traces" in name for name in left["names"])
    logged = "\n".join(entry["message"] for entry in driver.get_log("browser"))
    for where, text in (("traces, errors, events and console", told["text"]), ("storage", left["text"]), ("log", logged)):
        assert "[key removed]" in text or where != "traces, errors, events and console"
        for form in (KEY, KEY[4:], base64.b64encode(KEY.encode()).decode().rstrip("=")[:-1]):
            at = text.find(form)
            assert at < 0, f"a key in {where}: {text[max(0, at - 200) : at + 60]}"


MARKERS = """
const { plant } = await import("/tests/web/markers.mjs");
const staysail = await import("/web/index.js");
const [kept, shown] = await Promise.all([plant(staysail, code, { durable: true }), plant(staysail, code, { tracer: { exporter: { indexedDB: "marked-traces" }, raw: true, content: true } })]);
return { ended: kept.ended, text: [kept.text, shown.text, ...said].join("\\n") };
"""


def echo(seen: Seen) -> dict:
    """An error that repeats the request's head as it came, each word alone, in an address and in base64."""
    lines = [f"{seen.path}?{seen.query}", *(f"{name}: {value}" for name, value in seen.headers.items())]
    words = [word for line in lines for word in re.split(r"[\s=?&:]+", line) if word]
    forms = [*lines, *words, *map(quote, words), *(base64.b64encode(word.encode()).decode() for word in words)]
    return {"status": 400, "body": {"error": {"message": " | ".join(forms), "code": "echo", "forms": forms}}}


def test_of_many_keys_by_many_doors_none_is_left_anywhere(page, driver):
    with TestServer() as server:
        box = server.box(*[echo] * 100)
        told = page(MARKERS.replace("code", "JSON.parse(code).url"), url=box.url.removesuffix("/v1"))
        sent = json.dumps([[seen.query, seen.headers] for seen in box.seen])
    assert all(f"MARKER{number:02d}" in sent for number in (1, 2, 3, 5, 6, 7, 8, 9, 10, 15, 16))
    assert all(name.endswith("Error") for name in told["ended"].values()), told["ended"]
    left = page(EVERYTHING)
    assert "staysail-runs" in left["names"]
    logged = "\n".join(entry["message"] for entry in driver.get_log("browser"))
    assert "[key removed]" in told["text"]
    forms = ["MARKER", *(base64.b64encode(b"." * pad + b"MARKER..").decode()[4 if pad else 0 : -4] for pad in range(3))]
    for where, text in (("errors, traces and console", told["text"]), ("storage", left["text"]), ("the browser's log", logged)):
        for form in forms:
            at = text.find(form)
            assert at < 0, f"a key in {where}: {text[max(0, at - 200) : at + 60]}"


def test_a_key_is_kept_under_a_passphrase_and_under_a_passkey(page, driver):
    told = page(
        """
        const { key } = JSON.parse(code);
        const keys = new KeyStore({ name: "kept" }), other = new KeyStore({ name: "kept" });
        const out = { none: await caught(() => keys.load("openai")) };
        out.empty = await caught(() => keys.save("openai", " ", { passphrase: "x" }));
        await keys.save("openai", key, { passphrase: "correct horse" });
        out.here = await keys.load("openai");
        out.locked = await caught(() => other.load("openai"));
        out.wrong = await caught(() => other.load("openai", { passphrase: "battery" }));
        out.still = await caught(() => other.load("openai"));
        out.right = await other.load("openai", { passphrase: "correct horse" });
        out.again = await other.load("openai");
        out.list = (await other.list()).map(({ savedAt, ...kept }) => ({ ...kept, recent: Date.now() - savedAt < 60_000 }));
        other.lock();
        out.after = await caught(() => other.load("openai"));
        await keys.save("openai", key + "2", { passphrase: "another" });
        out.changed = await other.load("openai", { passphrase: "another" });
        const answer = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
        const database = await answer(indexedDB.open("kept"));
        const read = () => answer(database.transaction("keys").objectStore("keys").get("openai"));
        const record = await read();
        out.record = { iterations: record.iterations, salt: record.salt.length, iv: record.iv.length, sealed: record.sealed.byteLength };
        await keys.save("openai", key + "2", { passphrase: "another" });
        const second = await read();
        const bytes = ({ salt, iv, sealed }) => [salt, iv, new Uint8Array(sealed)].map(String);
        out.random = bytes(record).every((text, at) => text !== bytes(second)[at]);
        // Another provider's record cannot be passed off as this one's.
        await answer(database.transaction("keys", "readwrite").objectStore("keys").put({ ...second, provider: "evil" }));
        database.close();
        out.moved = await caught(() => other.load("evil", { passphrase: "another" }));
        const brief = new KeyStore({ name: "kept", lockAfterMs: 20 });
        await brief.load("openai", { passphrase: "another" });
        await new Promise((resolve) => setTimeout(resolve, 200));
        out.timed = await caught(() => brief.load("openai"));
        await keys.delete("openai");
        out.deleted = await caught(() => keys.load("openai"));
        return out;
        """,
        key=KEY,
    )
    assert (told["none"]["code"], told["locked"]["code"], told["still"]["code"], told["after"]["code"]) == (
        "no_key",
        "locked",
        "locked",
        "locked",
    )
    assert told["empty"]["name"] == "ConfigError"
    assert (told["wrong"]["name"], told["wrong"]["code"]) == ("StoreError", "wrong_passphrase")
    assert "passphrase" in told["wrong"]["message"]
    assert (told["here"], told["right"], told["again"], told["changed"]) == (KEY, KEY, KEY, KEY + "2")
    assert told["list"] == [{"provider": "openai", "by": "passphrase", "locked": False, "recent": True}]
    assert told["record"] == {"iterations": 600_000, "salt": 32, "iv": 12, "sealed": len(KEY) + 1 + 16}
    assert told["random"]
    assert told["moved"]["code"] == "wrong_passphrase"
    assert (told["timed"]["code"], told["deleted"]["code"]) == ("locked", "no_key")

    (readme,) = (block for block in re.findall(r"```js\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL) if "KeyStore" in block)
    names = "const { key } = JSON.parse(code), passphrase = 'words of the reader';"
    assert page(f"{names} {readme} return await keys.load('openai');", key=KEY) == KEY

    try:
        options = {"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True}
        options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True, "hasPrf": True}
        driver.execute_cdp_cmd("WebAuthn.enable", {})
        made = driver.execute_cdp_cmd("WebAuthn.addVirtualAuthenticator", {"options": options})
        told = page(PASSKEY, key=KEY)
        assert told["loaded"] == {"value": KEY}, told
        assert told["again"] == {"value": KEY}
        assert told["by"] == "passkey"
        assert (told["locked"]["code"], told["word"]["name"]) == ("locked", "ConfigError")
        driver.execute_cdp_cmd("WebAuthn.removeVirtualAuthenticator", made)
        driver.execute_cdp_cmd("WebAuthn.addVirtualAuthenticator", {"options": options | {"hasPrf": False}})
        refused = page("return await caught(() => new KeyStore({ name: 'kept' }).save('x', 'k', { passkey: true }))")
        assert refused["code"] == "no_prf"
        assert "passphrase" in refused["message"]
    finally:
        driver.execute_cdp_cmd("WebAuthn.disable", {})


def test_openrouters_login_gives_a_key_once_and_to_the_tab_that_began_it(driver, site):
    with serve_openrouter() as address:
        here = f"{site}tests/page/empty.html"
        driver.get(here)
        run_script(driver, "sessionStorage.clear()")  # of the tab, which other tests had before
        assert run_script(driver, FINISH, address)[0] is None

        def login() -> None:
            driver.get(here)
            run_script(driver, LOGIN, f"{address}/auth")
            WebDriverWait(driver, 30).until(lambda _: "code=code-" in driver.current_url)

        login()
        assert run_script(driver, FINISH, address) == [LENT, None, "?kept=1", "{}"]

        login()
        driver.execute_script("history.replaceState(null, '', location.href.replace(/staysail_state=[^&]*/, 'staysail_state=forged'))")
        forged, _, _, left = run_script(driver, FINISH, address)
        assert (forged["name"], forged["code"], left) == ("AuthError", "state", "{}")

        login()
        OpenRouter.challenges.clear()  # what it knows of the code is gone
        refused = run_script(driver, FINISH, address)[0]
        assert refused["name"] == "AuthError"
        assert "Invalid code" in refused["message"]
        elsewhere = run_script(driver, ELSEWHERE)
        assert "of this origin" in elsewhere


def test_the_page_keeps_a_key_and_shows_the_timeline_of_a_run(driver, site):
    with TestServer() as server:
        box = server.box(
            {"status": 503, "body": {"error": {"message": "busy"}}, "headers": {"retry-after": "0"}},
            {"tool_calls": [{"name": "calculate", "arguments": {"expression": "17 * 23"}}]},
            {"text": "391."},
        )
        driver.set_window_size(1500, 900)
        page = ChatPage(driver, f"{site}index.html")

        def find(name):
            return driver.find_element(By.ID, name)

        wait = WebDriverWait(driver, 60)
        wait.until(
            lambda _: driver.execute_script(
                "return document.querySelectorAll('#provider option').length > 3 && !!document.querySelector('staysail-chat').shadowRoot"
            )
        )
        page.open_panel("settings")
        assert not find("kept-field").is_displayed()
        driver.execute_script("const p = document.getElementById('provider'); p.value = 'openrouter'; p.dispatchEvent(new Event('change'))")
        assert find("openrouter-login").is_displayed()
        driver.execute_script(
            "const p = document.getElementById('provider'); p.value = 'openai-compatible'; p.dispatchEvent(new Event('change'));"
            "document.getElementById('name-chats').click();"
        )
        assert not find("openrouter-login").is_displayed()
        for id, text in (("model", "m"), ("base", box.url), ("key", KEY), ("passphrase", "correct horse")):
            find(id).send_keys(text)
        find("keep-key").click()
        wait.until(lambda _: find("kept-status").text.startswith("Kept"))
        assert find("key").get_property("value") == find("passphrase").get_property("value") == ""

        find("lock-keys").click()
        wait.until(lambda _: find("kept-status").text == "Locked.")
        find("passphrase").send_keys("wrong")
        find("unlock-key").click()
        wait.until(lambda _: "not the one" in find("kept-status").text)
        find("passphrase").clear()
        find("passphrase").send_keys("correct horse")
        find("unlock-key").click()
        wait.until(lambda _: find("kept-status").text.startswith("Unlocked"))

        page.open_panel("timeline")
        assert "No run yet" in find("timeline-status").text
        driver.execute_script("void document.querySelector('staysail-chat').send('What is 17 * 23?')")
        wait.until(lambda _: "2 model calls · 1 tool call · 1 retry" in find("timeline-runs").text)
        assert [seen.headers["authorization"] for seen in box.seen] == [f"Bearer {KEY}"] * 3
        runs = find("timeline-runs")
        assert "What is 17 * 23?" in runs.text
        names = [node.text.split("\n")[0] for node in runs.find_elements(By.CLASS_NAME, "span-name")]
        assert names == ["Agent", "Model m", "Tool calculate", "Model m"]
        row = runs.find_elements(By.CSS_SELECTOR, ".spans > li > details")[1]
        row.find_element(By.TAG_NAME, "summary").click()
        raw = row.find_elements(By.CSS_SELECTOR, ".exchange")
        assert [node.find_element(By.TAG_NAME, "summary").text for node in raw] == [
            f"Raw request and response {n} ({status})" for n, status in ((1, 503), (2, 200))
        ]
        raw[1].find_element(By.TAG_NAME, "summary").click()
        shown = raw[1].text
        assert '"authorization": "[removed]"' in shown
        assert "17 * 23" in shown
        assert KEY not in driver.page_source
        for scheme in ("dark", "light"):
            driver.execute_script("document.documentElement.style.colorScheme = arguments[0]", scheme)
            assert violations(page) == []
        phone = {"width": 360, "height": 720, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        assert driver.execute_script("return document.documentElement.scrollWidth") == 360
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.open_panel("settings")
        find("forget-key").click()
        wait.until(lambda _: find("kept-status").text == "Forgotten.")
        page.open_panel("timeline")
        find("timeline-clear").click()
        assert "No run yet" in find("timeline-status").text
        drop_database(driver, "staysail-page-keys")
