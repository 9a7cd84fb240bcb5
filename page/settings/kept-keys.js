/** Keys that this browser keeps for the page, and OpenRouter's login: the controls below the key's field. */

import { KeyStore } from "../../web/keys/key-store.js";
import { finishOpenRouterLogin, loginOpenRouter } from "../../web/keys/openrouter-login.js";
import { find } from "../find.js";

const provider = find("provider", HTMLSelectElement);
const key = find("key", HTMLInputElement);
const passphrase = find("passphrase", HTMLInputElement);
const status = find("kept-status", HTMLOutputElement);
const buttons = {
  keep: find("keep-key", HTMLButtonElement),
  passkey: find("keep-key-passkey", HTMLButtonElement),
  unlock: find("unlock-key", HTMLButtonElement),
  lock: find("lock-keys", HTMLButtonElement),
  forget: find("forget-key", HTMLButtonElement),
};
/** @type {KeyStore | undefined} */
let keys;
/** @type {Map<string, import("../../web/keys/key-store.js").KeptKey>} */
let kept = new Map();

/**
 * Returns a function that reads a provider's key; undefined where none is kept. The key itself is in no field and no variable of the page.
 * @param {string} id
 */
export function keptKey(id) {
  return keys && kept.has(id) ? () => /** @type {KeyStore} */ (keys).load(id) : undefined;
}

/** Whether a key is kept for a provider and can be read without asking for anything. @param {string} id */
export const isUnlocked = (id) => kept.get(id)?.locked === false;

export function watchKeptKeys() {
  try {
    keys = new KeyStore({ name: "staysail-page-keys" });
  } catch {
    find("kept-field", HTMLElement).hidden = true; // where the browser cannot encrypt
    return;
  }
  const store = keys;
  const by = () =>
    kept.get(provider.value)?.by === "passkey" ? { passkey: /** @type {const} */ (true) } : { passphrase: passphrase.value };
  const save = async (
    /** @type {import("../../web/keys/key-store.js").ByPassphrase | import("../../web/keys/key-store.js").ByPasskey} */ how,
  ) => {
    await store.save(provider.value, key.value.trim(), how);
    key.value = "";
    return "Kept, encrypted. Your key is in use, and gone from the field above.";
  };
  on(buttons.keep, () => save({ passphrase: passphrase.value }));
  on(buttons.passkey, () => save({ passkey: true, user: `staysail, ${provider.value}` }));
  on(buttons.unlock, async () => {
    await store.load(provider.value, by());
    return "Unlocked for 15 minutes from its last use.";
  });
  on(buttons.lock, async () => {
    store.lock();
    return "Locked.";
  });
  on(buttons.forget, async () => {
    await store.delete(provider.value);
    return "Forgotten.";
  });
  on(find("openrouter-login", HTMLButtonElement), () => loginOpenRouter({ callbackURL: location.origin + location.pathname }));
  provider.addEventListener("change", () => {
    status.value = "";
    void refresh(store);
  });
  key.addEventListener("input", () => show());
  void refresh(store);
  void finishLogin();
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<string>} work returns the words to show when it is done
 */
function on(button, work) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.classList.remove("failed");
    try {
      status.value = "…";
      const said = await work();
      passphrase.value = "";
      if (keys) await refresh(keys);
      status.value = said;
    } catch (error) {
      status.value = /** @type {Error} */ (error).message;
      status.classList.add("failed");
    } finally {
      button.disabled = false;
      key.dispatchEvent(new Event("input")); // the settings have changed
    }
  });
}

/** @param {KeyStore} store */
async function refresh(store) {
  kept = new Map((await store.list().catch(() => [])).map((found) => [found.provider, found]));
  show();
  key.dispatchEvent(new Event("input"));
}

function show() {
  const found = kept.get(provider.value);
  const typed = Boolean(key.value.trim());
  find("kept-note", HTMLElement).textContent = found
    ? `A key is kept in this browser, encrypted under a ${found.by}${found.locked ? ", and locked" : ""}. What is typed above goes before it.`
    : "To find the key here again, keep it: it is encrypted with a passphrase that is stored nowhere, or with a passkey.";
  find("passphrase-field", HTMLElement).hidden = found ? found.by === "passkey" && !typed : false;
  buttons.keep.hidden = buttons.passkey.hidden = Boolean(found) && !typed;
  buttons.unlock.hidden = !found?.locked;
  buttons.lock.hidden = !found || found.locked;
  buttons.forget.hidden = !found;
  find("openrouter-login", HTMLButtonElement).hidden = provider.value !== "openrouter";
}

/** Where the page was reached from OpenRouter's login. */
async function finishLogin() {
  try {
    const given = await finishOpenRouterLogin();
    if (given === null) return;
    provider.value = "openrouter";
    provider.dispatchEvent(new Event("change"));
    key.value = given;
    status.value = "OpenRouter gave this page a key.";
  } catch (error) {
    provider.value = "openrouter";
    provider.dispatchEvent(new Event("change"));
    status.value = /** @type {Error} */ (error).message;
    status.classList.add("failed");
  }
  key.dispatchEvent(new Event("input"));
}
