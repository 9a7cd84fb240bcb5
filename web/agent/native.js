/**
 * Tools of the page on which some models were trained, and which their providers know by a type. Other providers receive functions.
 *
 * @import { PlainTool, ToolApproval, ToolContext } from "../types.js"
 */

import { ConfigError } from "../errors.js";
import { tool } from "./tools.js";

/**
 * A tool called with free text, such as code or a query. OpenAI holds its models to the grammar (in Lark's notation) or the regex.
 * @param {{name: string, description?: string, grammar?: string, regex?: string, needsApproval?: ToolApproval,
 *   execute: (text: string, context: ToolContext) => unknown}} options
 * @returns {PlainTool}
 */
export function customTool({ grammar, regex, execute, ...rest }) {
  if (grammar && regex) throw new ConfigError("a custom tool has a grammar or a regex, not both");
  const form = grammar ?? regex;
  const description = `The text.${form ? ` It matches this ${grammar ? "grammar" : "regular expression"}: ${form}` : ""}`;
  return tool({
    ...rest,
    native: { kind: "custom", options: { ...(grammar ? { grammar } : {}), ...(regex ? { regex } : {}) } },
    parameters: {
      type: "object",
      properties: { input: { type: "string", description } },
      required: ["input"],
      additionalProperties: false,
    },
    execute: ({ input }, context) => execute(input, context),
  });
}

/**
 * A shell tool, on which Claude and GPT were trained. `execute` receives a command (several are separate lines) and returns its output.
 * @param {{needsApproval?: ToolApproval, timeoutMs?: number, execute: (command: string, context: ToolContext) => unknown}} options
 * @returns {PlainTool}
 */
export function bashTool({ execute, ...rest }) {
  return tool({
    ...rest,
    name: "bash",
    description: "Runs a command in a shell and gives what it prints.",
    native: { kind: "bash" },
    parameters: {
      type: "object",
      properties: {
        command: { type: "string", description: "The command." },
        restart: { type: "boolean", description: "Starts the shell anew." },
      },
      additionalProperties: false,
    },
    execute: ({ command }, context) =>
      command ? execute(command, context) : "There is nothing to restart: each command has a shell of its own.",
  });
}

/**
 * A screen with mouse and keyboard, on which Claude and GPT were trained. `execute` carries out an action in the provider's vocabulary and
 * returns a picture of the screen. By default, approval is requested for actions that OpenAI marks with safety checks.
 * @param {{width: number, height: number, needsApproval?: ToolApproval, execute: (args: any, context: ToolContext) => unknown}} options
 * @returns {PlainTool}
 */
export function computerTool({ width, height, needsApproval, execute }) {
  return tool({
    name: "computer",
    description: "A screen, mouse and keyboard.",
    native: { kind: "computer", options: { width, height } },
    parameters: { type: "object" },
    needsApproval: needsApproval ?? ((/** @type {any} */ args) => Boolean(args.pending_safety_checks)),
    execute,
  });
}

/**
 * A browser with tabs, on which Claude was trained; Anthropic alone offers it. `execute` carries out an action of Claude's vocabulary
 * (`{action: "navigate", url}`, `{action: "left_click", coordinate: [x, y]}`, `{action: "read_page"}`) and returns text or a picture of the
 * page.
 * @param {{without?: readonly string[], needsApproval?: ToolApproval, timeoutMs?: number,
 *   execute: (args: any, context: ToolContext) => unknown}} options without: actions that the model is not offered
 * @returns {PlainTool}
 */
export function browserTool({ without = [], ...rest }) {
  return tool({
    ...rest,
    name: "browser",
    description: "A browser with tabs, which reads pages and acts in them.",
    native: { kind: "browser", options: { without: [...without] } },
    parameters: { type: "object" },
  });
}
