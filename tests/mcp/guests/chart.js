// An app made with the `App` of @modelcontextprotocol/ext-apps: it shows what it is told, and asks the page by its buttons.

import { App } from "@modelcontextprotocol/ext-apps/app-with-deps";

const app = new App({ name: "chart", version: "1.0.0" }, {});
const line = (id, text) => {
  document.getElementById(id).textContent = text;
};
app.ontoolinput = ({ arguments: args }) => line("input", JSON.stringify(args));
app.ontoolresult = ({ content, structuredContent, isError }) =>
  line("result", JSON.stringify([content[0].text, structuredContent ?? null, isError ?? false]));
app.ontoolcancelled = ({ reason }) => line("result", `cancelled: ${reason}`);
app.onhostcontextchanged = ({ theme }) => line("theme", theme);

const ways = {
  refresh: () => app.callServerTool({ name: "refresh", arguments: { by: 10 } }),
  model: () => app.callServerTool({ name: "for_model", arguments: {} }),
  other: () => app.callServerTool({ name: "launch", arguments: {} }),
  say: () => app.sendMessage({ role: "user", content: [{ type: "text", text: "Draw it bigger." }] }),
  link: () => app.openLink({ url: `${location.ancestorOrigins?.[1] ?? "https://example.com"}/tests/page/empty.html#opened` }),
  script: () => app.openLink({ url: "javascript:alert(1)" }),
  grow: () => app.sendSizeChanged({ height: 1e9 }),
};
for (const [id, act] of Object.entries(ways)) {
  document.getElementById(id).addEventListener("click", async () => {
    line("answer", "…");
    const answer = await act().catch(({ message }) => message);
    line("answer", JSON.stringify(answer?.structuredContent ?? answer ?? null));
  });
}
await app.connect();
const { theme, locale } = app.getHostContext();
line("theme", theme);
line("host", JSON.stringify([app.getHostVersion().name, locale, app.getHostCapabilities().message ?? null]));
