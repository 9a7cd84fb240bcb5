// Twelve secrets, each its own marker, by every door that JavaScript has; what comes out, as text. Runs in a page and in Node.

export const MARK = "MARKER";
const marker = (/** @type {number} */ number) => `sk-${MARK}${String(number).padStart(2, "0")}-a1B2/c3+d4"e5`;

/**
 * @param {any} staysail its module
 * @param {string} url of a server that echoes what it is sent, as an error
 * @param {object} [options] for each agent, such as durable
 */
export async function plant({ Agent, EmbeddingModel, McpServer, QdrantAdapter }, url, options = {}) {
  const out = [];
  const ended = {};
  const basic = (key) => `Basic ${btoa(`user:${key}`)}`;
  const ask = (more) =>
    new Agent({
      model: "openai-compatible:m",
      baseURL: `${url}/v1`,
      retry: false,
      tracer: { exporter: (span) => out.push(JSON.stringify(span)), raw: true, content: true },
      ...options,
      ...more,
    }).run("hi");
  const doors = [
    (key) => ask({ apiKey: key }),
    (key) => ask({ apiKey: async () => key }),
    (key) => ask({ headers: { authorization: `Token ${key}` } }),
    (key) => ask({ headers: { Authorization: basic(key) } }),
    (key) => ask({ model: "anthropic:m", apiKey: key }),
    (key) => ask({ model: "gemini:m", apiKey: key }),
    (key) => ask({ headers: { "x-portkey-api-key": key } }),
    (key) => ask({ headers: { "x-custom": `Bearer ${key}` } }),
    (key) => ask({ baseURL: `${url}/v1?key=${encodeURIComponent(key)}` }),
    (key) => new EmbeddingModel({ model: "openai-compatible:m", apiKey: key, baseURL: `${url}/v1`, retry: false }).embedText("a"),
    (key) => ask({ headers: { "x-api-key": `${key}\r\nx-more: 1` } }),
    (key) => ask({ baseURL: key }),
    (key) => ask({ model: key }),
    (key) => ask({ apiKey: `${key}\n second line` }),
    (key) => ask({ tracer: { exporter: { otlp: url, headers: { authorization: `Bearer ${key}` } }, raw: true } }),
    (key) => {
      const tool = { name: "look", execute: () => Promise.reject(new Error(`refused with ${key}`)) };
      return ask({ apiKey: key, tools: [tool] });
    },
  ];
  for (const [number, door] of doors.entries()) {
    try {
      await door(marker(number + 1));
      ended[number + 1] = "no error";
    } catch (error) {
      ended[number + 1] = error.name;
      for (let cause = error, depth = 0; cause && depth < 9; cause = cause.cause, depth += 1) {
        out.push(
          String(cause),
          String(cause.stack),
          JSON.stringify(cause),
          ...Object.getOwnPropertyNames(cause).map((name) => JSON.stringify(cause[name])),
        );
      }
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { ended, text: out.join("\n") };
}

/** A request's head as an error tells it: as it came, each word alone, in an address and in base64. */
export function echo(lines) {
  const words = lines.flatMap((line) => line.split(/[\s=?&:]+/)).filter(Boolean);
  const forms = [...lines, ...words, ...words.map(encodeURIComponent), ...words.map((word) => btoa(word))];
  return JSON.stringify({ error: { message: forms.join(" | "), code: "echo", forms } });
}

/** Where a marker stands in a text, in any of the forms that its own name takes. */
export function findMarkers(text) {
  const forms = [MARK, ...["", ".", ".."].map((pad) => btoa(`${pad}${MARK}..`).slice(pad ? 4 : 0, -4))];
  return forms.flatMap((form) => (text.includes(form) ? [text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 60)] : []));
}
