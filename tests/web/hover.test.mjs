// Each option has a text that an editor shows.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("../../web/", import.meta.url));
const ts = createRequire(`${web}package.json`)("typescript");

const OPTIONS = {
  AgentOptions: 'import("./types.d.ts").AgentOptions',
  RootAgentOptions: 'import("./types.d.ts").RootAgentOptions<undefined, "openai:m">',
  CallOptions: 'import("./types.d.ts").CallOptions',
  ResumeOptions: 'import("./types.d.ts").ResumeOptions',
  RequestOptions: 'import("./types.d.ts").RequestOptions',
  PlainTool: 'import("./types.d.ts").PlainTool',
  ChatOptions: 'import("./chat/types.d.ts").ChatOptions',
  McpOptions: 'import("./mcp.js").McpOptions',
  McpToolOptions: 'import("./mcp.js").McpToolOptions',
  McpAppsOptions: 'import("./mcp-apps/mcp-apps.js").McpAppsOptions',
  BootOptions: 'import("./runtime/boot.js").BootOptions',
  ConfigureOptions: 'import("./runtime/boot.js").ConfigureOptions',
};

test("every option has hover text", () => {
  const file = `${web}hover-text.ts`;
  const text = Object.entries(OPTIONS)
    .map(([name, type]) => `export declare const ${name}: ${type};`)
    .join("\n");
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(`${web}tsconfig.json`, ts.sys.readFile).config, ts.sys, web);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...more) => (name === file ? ts.createSourceFile(name, text, more[0]) : getSourceFile(name, ...more));
  host.fileExists = (name) => name === file || fileExists(name);
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const without = [];
  for (const statement of program.getSourceFile(file).statements) {
    const [declared] = statement.declarationList.declarations;
    const properties = checker.getPropertiesOfType(checker.getTypeAtLocation(declared));
    assert.ok(properties.length > 0, declared.name.text);
    for (const property of properties) {
      const shown = ts.displayPartsToString(property.getDocumentationComment(checker));
      if (!shown) without.push(`${declared.name.text}.${property.name}`);
    }
  }
  assert.deepEqual(without, []);
});
