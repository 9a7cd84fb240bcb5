// staysail/vue, staysail/svelte and the server side of staysail/react with the real packages, and types of the tag in TSX.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire, register } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = createRequire(import.meta.url);

// The modules of web/ find the frameworks that this folder has.
const asked = /^(react|react-dom|vue)(\/|$)/;
register(
  `data:text/javascript,${encodeURIComponent(
    `export const resolve = (name, context, next) => next(name, ${asked}.test(name) ? { ...context, parentURL: ${JSON.stringify(import.meta.url)} } : context);`,
  )}`,
);

const usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3 };
const agent = {
  async *stream(prompt, { history = [] }) {
    yield { type: "text_delta", text: "Hello " };
    yield { type: "text_delta", text: "there." };
    const said = [...history, { role: "user", content: [{ type: "text", text: prompt }] }];
    const messages = [...said, { role: "assistant", content: [{ type: "text", text: "Hello there." }] }];
    yield { type: "run_done", reply: { text: "Hello there.", messages, usage } };
  },
};
const textsOf = (messages) => messages.map(({ parts }) => parts.map(({ text }) => text).join(""));
const history = [
  { role: "user", content: [{ type: "text", text: "Before." }] },
  { role: "assistant", content: [{ type: "text", text: "Yes." }] },
];

test("React renders a chat on a server without starting it", async () => {
  const { createElement } = await import("react");
  const { renderToString } = await import("react-dom/server");
  const { ToolView, useChat } = await import("../../web/react.js");
  let made = 0;
  const source = () => (made++, agent);
  function App({ options }) {
    const { messages, status } = useChat(source, options);
    return createElement("main", null, `${status}: ${textsOf(messages).join(" ")}`);
  }
  assert.match(renderToString(createElement(App, { options: { history } })), /ready: Before\. Yes\./);
  assert.match(renderToString(createElement(App, { options: { conversation: "kept" } })), /ready: /);
  assert.equal(made, 0);
  const Chart = ({ call }) => createElement("svg", { id: call.arguments.points.length });
  const draw = (call) => renderToString(createElement(ToolView, { call, views: { chart: Chart } }, "other"));
  assert.equal(draw({ name: "chart", arguments: { points: [1, 2] } }), '<svg id="2"></svg>');
  assert.equal(draw({ name: "toString", arguments: {} }), "other");
});

test("Vue's refs follow the chat, and a scope that ends stops it", async () => {
  const { effectScope, watchEffect, createSSRApp, h } = await import("vue");
  const { useChat } = await import("../../web/vue.js");
  const scope = effectScope();
  const chat = scope.run(() => useChat(agent));
  const seen = [];
  scope.run(() => watchEffect(() => seen.push(chat.status.value), { flush: "sync" }));
  await chat.send("Hi.");
  assert.deepEqual(textsOf(chat.messages.value), ["Hi.", "Hello there."]);
  assert.deepEqual([seen[0], seen.at(-1)], ["ready", "ready"]);
  assert.ok(seen.includes("submitted"));
  let stopped = false;
  const endless = {
    async *stream(_, { signal }) {
      signal.addEventListener("abort", () => (stopped = true));
      yield { type: "text_delta", text: "on" };
      await new Promise(() => {});
    },
  };
  const other = effectScope();
  const running = other.run(() => useChat(endless));
  const sent = running.send("Go.");
  await new Promise((resolve) => setTimeout(resolve, 5));
  other.stop();
  await sent;
  assert.equal(stopped, true);
  const { renderToString } = await import(pathToFileURL(here.resolve("vue/server-renderer")).href);
  let made = 0;
  const setup = () => {
    const kept = useChat(() => (made++, agent), { conversation: "kept" });
    return () => h("main", kept.status.value);
  };
  assert.equal(await renderToString(createSSRApp({ setup })), "<main>ready</main>");
  assert.equal(made, 0);
});

test("Svelte's store has the chat's state, and on a server the first one", async () => {
  const { get } = await import(pathToFileURL(here.resolve("svelte/store")).href);
  const { useChat } = await import("../../web/svelte.js");
  const chat = useChat(agent, { history });
  assert.deepEqual(textsOf(get(chat).messages), ["Before.", "Yes."]); // as a server reads it
  globalThis.window = globalThis;
  try {
    const seen = [];
    const leave = chat.subscribe(({ status, messages }) => seen.push([status, textsOf(messages).at(-1)]));
    await chat.send("Hi.");
    leave();
    assert.deepEqual(
      [seen[0], seen.at(-1)],
      [
        ["ready", "Yes."],
        ["ready", "Hello there."],
      ],
    );
  } finally {
    delete globalThis.window;
  }
});

test("the tag, its properties and the hooks are typed in TSX", async () => {
  const ts = createRequire(join(root, "web/package.json"))("typescript");
  const folder = await mkdtemp(join(tmpdir(), "staysail-tsx-"));
  try {
    await mkdir(join(folder, "node_modules"));
    await symlink(join(root, "web"), join(folder, "node_modules/staysail"), "dir");
    for (const name of ["@types", "react", "react-dom", "csstype", "vue", "@vue"])
      await symlink(join(root, "tests/ui/node_modules", name), join(folder, "node_modules", name), "dir");
    await writeFile(join(folder, "package.json"), '{"type": "module"}');
    const file = join(folder, "app.tsx");
    await writeFile(
      file,
      `import { createRef } from "react";
import { Agent } from "staysail/openai";
import type { ChatTool } from "staysail/chat";
import { ToolView, useChat } from "staysail/react";
import { useChat as useVueChat } from "staysail/vue";
import { useChat as useSvelteChat } from "staysail/svelte";
import "staysail/jsx";
import type { StaysailChat } from "staysail/element";

const agent = new Agent({ model: "gpt-6-luna" });
const ref = createRef<StaysailChat>();
const Chart = ({ call }: { call: ChatTool }) => <b>{call.name}</b>;
export function App() {
  const { messages, status, queued, send, approvals, approve } = useChat(agent, { conversation: "harbour", onFinish: (reply) => reply.text });
  const words: string[] = messages.flatMap(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")));
  void send("Hi.", { when: "next_step" });
  approve(approvals[0].id, { arguments: { a: 1 } });
  return (
    <staysail-chat ref={ref} model="openai:gpt-6-luna" agent={agent} className="chat" onstaysail-done={(event) => event.detail} durable>
      {words}{status}{queued.length}
      {messages[0].parts.map((part) => part.type === "tool" && <ToolView call={part} views={{ chart: Chart }} />)}
    </staysail-chat>
  );
}
export const count: number = useVueChat(agent).messages.value.length;
useSvelteChat(agent).subscribe(({ usage }) => usage.totalTokens);
// @ts-expect-error a model is no number
export const wrong = <staysail-chat model={7} />;
// @ts-expect-error there is no such moment
void useChat(agent).send("a", { when: "soon" });
// @ts-expect-error no such status
export const never = useChat(agent).status === "sleeping";
`,
    );
    const options = {
      ...{ strict: true, noEmit: true, skipLibCheck: false, skipDefaultLibCheck: true, types: [], jsx: ts.JsxEmit.ReactJSX },
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.esnext.disposable.d.ts"],
      preserveSymlinks: true,
    };
    const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options));
    const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => folder, getNewLine: () => "\n" };
    assert.equal(ts.formatDiagnostics(found, host), "");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
