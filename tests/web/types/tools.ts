// A tool's arguments have the type that their schema's library reads.

import { tool } from "staysail";
import { Agent } from "staysail/anthropic";
import type { PlainTool, StandardSchema, Tool } from "staysail/types";
import * as v from "valibot";
import { z } from "zod";
import { is } from "./is.js";

const fromZod = tool({
  name: "weather",
  description: "Current weather of a city.",
  parameters: z.object({ city: z.string(), days: z.number().default(1), unit: z.enum(["C", "F"]).optional() }),
  execute: async (args, { signal }) => {
    is<{ city: string; days: number; unit?: "C" | "F" | undefined }>()(args);
    is<AbortSignal>()(signal);
    // @ts-expect-error: not in the schema
    args.town;
    return { city: args.city.toUpperCase(), celsius: 7 };
  },
});

const fromValibot = tool({
  name: "add",
  parameters: v.object({ a: v.number(), b: v.number() }),
  execute: ({ a, b }) => {
    is<number>()(a);
    // @ts-expect-error: numbers have no such method
    b.toUpperCase();
    return a + b;
  },
});

declare const anyStandard: StandardSchema<unknown, { when: Date }>;
const fromStandard = tool({
  name: "remind",
  parameters: anyStandard,
  execute: ({ when }) => is<Date>()(when),
});

// JSON Schema says nothing to TypeScript: the arguments are whatever their user says they are.
const fromJson = tool({
  name: "roll",
  parameters: { type: "object", properties: { dice: { type: "integer" } } },
  execute: ({ dice }: { dice: number }) => dice,
});
const withoutParameters = tool({ name: "now", execute: () => Date.now() });

const rigs = {
  count: 0,
  name: () => "counter",
  definition: (_prompt: string) => ({ name: "counter", parameters: { type: "object", properties: {} } }),
  async call(args: { by?: number }) {
    return (this.count += args.by ?? 1);
  },
};

const listed: readonly Tool[] = [fromZod, fromValibot, fromStandard, fromJson, withoutParameters, rigs];
const ours: PlainTool[] = [fromZod, { name: "plain", execute: (args) => args }];
new Agent({ model: "m", tools: listed });
new Agent({ model: "m", tools: [...ours, rigs, { name: "plain", parameters: z.object({}), execute: () => null }] });

// @ts-expect-error: a tool has a name
tool({ execute: () => 1 });
// @ts-expect-error: and something to run
tool({ name: "x" });
// @ts-expect-error: spelt so
tool({ name: "x", exceute: () => 1 });
// @ts-expect-error: the same where no `tool` is around it
new Agent({ model: "m", tools: [{ name: "x", exceute: () => 1 }] });
