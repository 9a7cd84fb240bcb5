/** A login at OpenRouter that gives a key, with PKCE: https://openrouter.ai/docs/guides/overview/auth/oauth */

import { toBase64 } from "../bridge/base64.js";
import { AuthError, ConfigError, NetworkError } from "../errors.js";

const AUTH_URL = "https://openrouter.ai/auth";
const BASE_URL = "https://openrouter.ai/api/v1";
const KEPT = "staysail-openrouter-login";
const STATE = "staysail_state";

/**
 * Leaves this page for OpenRouter, where the user logs in and allows a key. OpenRouter leads back to callbackURL, where
 * `finishOpenRouterLogin` returns the key. A proof that both belong to one login stays in this tab's sessionStorage meanwhile; it is no
 * key.
 * @param {{callbackURL?: string | URL, authURL?: string}} [options] callbackURL: of this origin; by default this page
 * @returns {Promise<never>}
 */
export async function loginOpenRouter({ callbackURL = location.href, authURL = AUTH_URL } = {}) {
  const back = new URL(callbackURL, location.href);
  if (back.origin !== location.origin)
    throw new ConfigError(`callbackURL is of this origin, ${location.origin}, or the login cannot be finished`);
  const [verifier, state] = [randomText(32), randomText(16)];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  back.searchParams.delete("code");
  back.searchParams.set(STATE, state);
  back.hash = "";
  const to = new URL(authURL);
  to.searchParams.set("callback_url", back.href);
  to.searchParams.set("code_challenge", encode(new Uint8Array(digest)));
  to.searchParams.set("code_challenge_method", "S256");
  sessionStorage.setItem(KEPT, JSON.stringify({ verifier, state }));
  location.assign(to.href);
  return new Promise(() => {});
}

/**
 * Returns the key where this page was reached from a login, else null. The code is removed from the address, and works once.
 * @param {{baseURL?: string}} [options]
 * @returns {Promise<string | null>}
 */
export async function finishOpenRouterLogin({ baseURL = BASE_URL } = {}) {
  const here = new URL(location.href);
  const state = here.searchParams.get(STATE);
  if (state === null) return null;
  const [code, refused] = [here.searchParams.get("code"), here.searchParams.get("error")];
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  for (const name of ["code", "error", "error_description", STATE]) here.searchParams.delete(name);
  history.replaceState(history.state, "", here);
  if (kept?.state !== state) throw new AuthError("this login to OpenRouter was not begun in this tab: log in again", { code: "state" });
  if (!code) throw new AuthError(`OpenRouter gave no key: ${refused ?? "the login was not finished"}`, { code: "refused" });
  const body = JSON.stringify({ code, code_verifier: kept.verifier, code_challenge_method: "S256" });
  const response = await fetch(`${baseURL}/auth/keys`, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(
    (error) => {
      throw new NetworkError(`OpenRouter could not be reached: ${error.message}`, { cause: error, retryable: true });
    },
  );
  const answer = await response.json().catch(() => null);
  if (!response.ok)
    throw new AuthError(`OpenRouter gave no key: ${answer?.error?.message ?? answer?.error ?? `status ${response.status}`}`, {
      status: response.status,
    });
  if (typeof answer?.key !== "string" || !answer.key) throw new AuthError("OpenRouter answered without a key: log in again");
  return answer.key;
}

/** @param {number} bytes */
function randomText(bytes) {
  return encode(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** Encodes bytes as base64url without padding. @param {Uint8Array} bytes */
function encode(bytes) {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
