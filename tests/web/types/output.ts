// What `outputSchema` is decides what `output` is, given to the agent or to one call.

import { Agent as AnyAgent, OutputError } from "staysail";
import { Agent } from "staysail/openai";
import type { Message, Reply } from "staysail/types";
import * as v from "valibot";
import { z } from "zod";
import { is } from "./is.js";

const Invoice = z.object({ number: z.string(), total: z.number(), due: z.iso.date().transform((text) => new Date(text)) });
type Invoice = { number: string; total: number; due: Date };

export async function ofTheAgent(): Promise<void> {
  const agent = new Agent({ model: "gpt-4o", outputSchema: Invoice });
  const { output, messages, text } = await agent.run("Read this.");
  is<Invoice>()(output);
  is<Message[]>()(messages);
  is<string>()(text);
  // @ts-expect-error: not in the schema
  output.sum;
  for await (const event of agent.stream("Read this.")) if (event.type === "run_done") is<Invoice>()(event.reply.output);
}

export async function ofTheCall(): Promise<void> {
  const agent = new AnyAgent({ model: "openai:gpt-4o" });
  is<Reply<string>>()(await agent.run("Hello"));
  is<Invoice>()((await agent.run("Read this.", { outputSchema: Invoice })).output);
  is<{ tags: string[] }>()((await agent.run("Tag this.", { outputSchema: v.object({ tags: v.array(v.string()) }) })).output);
  for await (const event of agent.stream("Read this.", { outputSchema: Invoice })) {
    if (event.type === "run_done") is<Invoice>()(event.reply.output);
  }
}

export async function overridden(): Promise<void> {
  const agent = new Agent({ model: "gpt-4o", outputSchema: Invoice });
  is<number>()((await agent.run("How many?", { outputSchema: z.number() })).output);
}

export async function ofJsonSchema(): Promise<void> {
  const agent = new Agent({ model: "gpt-4o", outputSchema: { type: "object", properties: { total: { type: "number" } } } });
  const { output } = await agent.run("Read this.");
  is<unknown>()(output);
  // @ts-expect-error: to be narrowed first
  output.total;
}

/** An agent of no output is what `Agent` alone names. */
export async function named(agent: Agent, reader: Agent<typeof Invoice>): Promise<string> {
  const { due } = (await reader.run("Read this.")).output;
  is<Date>()(due);
  try {
    return (await agent.run("Hello")).output;
  } catch (error) {
    if (error instanceof OutputError) is<unknown>()(error.raw);
    throw error;
  }
}
export const both = (): Promise<string> => named(new Agent({ model: "gpt-4o" }), new Agent({ model: "gpt-4o", outputSchema: Invoice }));
