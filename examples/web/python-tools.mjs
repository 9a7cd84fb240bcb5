// Python functions as tools: beside the agent, and from JavaScript. An address of a .py file does as well as its text.

import { pythonTools } from "staysail";
import { Agent } from "staysail/openai";

const tools = await pythonTools(`
import statistics

def spread(numbers: list[float]) -> dict:
    """Mean and standard deviation.

    Args:
        numbers: At least two.
    """
    return {"mean": statistics.mean(numbers), "deviation": statistics.stdev(numbers)}
`);

console.log(await tools[0].execute({ numbers: [2, 4, 6] }));

const agent = new Agent({ apiKey: process.env.OPENAI_API_KEY, model: "gpt-6-luna", tools });
console.log(await agent.prompt("How far do 1, 2 and 9 spread?"));
