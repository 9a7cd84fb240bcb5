// An answer of a given shape: Zod, Valibot, any other Standard Schema, or plain JSON Schema.

import { Agent } from "staysail/openai";
import { z } from "zod";

const Invoice = z.object({
  number: z.string(),
  total: z.number().describe("in euros"),
  due: z.iso.date().transform((text) => new Date(text)),
});

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", outputSchema: Invoice });

const { output } = await agent.run("Invoice 2026-17: 120 euros, to be paid by 24 December 2026.");
console.log(output.number, output.total, output.due.getFullYear());
