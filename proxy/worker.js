/**
 * A site's own way to its providers, on the edge: the page talks to this, and the keys stay on the server. Runs where `fetch(request, env)` is
 * exported, as in Cloudflare's Workers. app.py is the same as a Starlette app.
 *
 * In the page: `new Agent({ model: "anthropic:claude-sonnet-4-5", baseURL: "https://example.org/llm/anthropic/v1" })`, without a key.
 *
 * env: SITE_ORIGIN and the keys, as secrets. LIMIT, where it is bound, is a rate limiter with `limit({ key })`; programs that are no browsers
 * can send any Origin, so bind one.
 */

const PROVIDERS = {
  openai: {
    address: "https://api.openai.com",
    paths: ["v1/responses", "v1/embeddings"],
    key: "OPENAI_API_KEY",
    auth: ["authorization", "Bearer "],
  },
  anthropic: { address: "https://api.anthropic.com", paths: ["v1/messages"], key: "ANTHROPIC_API_KEY", auth: ["x-api-key", ""] },
};
const SENT_ON = ["content-type", "accept", "anthropic-version", "anthropic-beta"];
const SENT_BACK = ["content-type", "retry-after", "retry-after-ms", "request-id", "x-request-id"];
const BODY_BYTES = 5_000_000;

export default {
  async fetch(request, env) {
    const origin = request.headers.get("origin");
    const shared = { "access-control-allow-origin": env.SITE_ORIGIN, vary: "origin" };
    const refuse = (status, message) => Response.json({ error: { message } }, { status, headers: shared });
    if (origin !== env.SITE_ORIGIN) return refuse(403, "this page may not call");
    if (request.method === "OPTIONS") {
      const allowed = {
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": SENT_ON.join(", "),
        "access-control-max-age": "600",
      };
      return new Response(null, { status: 204, headers: { ...shared, ...allowed } });
    }
    const [, name, path] = /^\/llm\/([\w-]+)\/(.+)$/.exec(new URL(request.url).pathname) ?? [];
    const provider = Object.hasOwn(PROVIDERS, name ?? "") ? PROVIDERS[name] : undefined;
    const key = provider && env[provider.key];
    if (request.method !== "POST" || !key || !provider.paths.includes(path)) return refuse(404, "no such path");
    const sent = SENT_ON.flatMap((header) => (request.headers.has(header) ? [[header, request.headers.get(header)]] : []));
    const odd = sent.find(([, value]) => !/^[\x20-\x7e]*$/.test(value));
    if (odd) return refuse(400, `the header ${odd[0]} holds characters that are not sent on`);
    const caller = request.headers.get("cf-connecting-ip") ?? "";
    if (env.LIMIT && !(await env.LIMIT.limit({ key: caller })).success) return refuse(429, "too many calls");
    const body = await request.arrayBuffer();
    if (body.byteLength > BODY_BYTES) return refuse(413, "the request is too large");

    const headers = new Headers(sent);
    headers.set(provider.auth[0], provider.auth[1] + key);
    const address = env[`${name.toUpperCase()}_ADDRESS`] ?? provider.address; // only to try it against another server
    const answer = await fetch(`${address}/${path}`, { method: "POST", headers, body, redirect: "manual" });
    if (answer.status >= 300 && answer.status < 400) return refuse(502, "the provider sent the request elsewhere");
    const back = SENT_BACK.map((header) => [header, answer.headers.get(header)]).filter(
      ([, value]) => value !== null && !value.includes(key),
    );
    return new Response(answer.body?.pipeThrough(without([key, btoa(key).replace(/=+$/, "")])), {
      status: answer.status,
      headers: { ...shared, ...Object.fromEntries(back) },
    });
  },
};

/** Removes the key from an answer, also where it is cut between two chunks. @param {string[]} forms of the key */
function without(forms) {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      let text = rest + decoder.decode(chunk, { stream: true });
      for (const form of forms) text = text.replaceAll(form, "[key removed]");
      let kept = Math.min(text.length, Math.max(...forms.map(({ length }) => length)) - 1);
      while (kept && !forms.some((form) => form.startsWith(text.slice(-kept)))) kept -= 1;
      rest = kept ? text.slice(-kept) : "";
      const sure = kept ? text.slice(0, -kept) : text;
      if (sure) controller.enqueue(encoder.encode(sure));
    },
    flush(controller) {
      const last = rest + decoder.decode();
      if (last) controller.enqueue(encoder.encode(last));
    },
  });
}
