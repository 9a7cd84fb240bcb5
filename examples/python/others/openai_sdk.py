# The same with the OpenAI SDK.

import json

from openai import AsyncOpenAI
from pydantic import BaseModel

client = AsyncOpenAI()


def depth(harbour: str) -> str:
    return "Twelve metres."


class Advice(BaseModel):
    anchor: bool
    chain_m: int


properties = {"harbour": {"type": "string"}}
schema = {"type": "object", "properties": properties, "required": ["harbour"], "additionalProperties": False}
tools = [{"type": "function", "name": "depth", "description": "Depth of a harbour.", "parameters": schema, "strict": True}]
common = {"model": "gpt-6-luna", "instructions": "Be brief."}

messages = [{"role": "user", "content": "May I anchor in Oslo?"}]
while True:
    response = await client.responses.create(input=messages, tools=tools, **common)
    messages += response.output
    calls = [item for item in response.output if item.type == "function_call"]
    if not calls:
        break
    for call in calls:
        output = depth(**json.loads(call.arguments))
        messages.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
print(response.output_text)

messages.append({"role": "user", "content": "Say it in figures."})
parsed = await client.responses.parse(input=messages, text_format=Advice, **common)
print(parsed.output_parsed.anchor, parsed.output_parsed.chain_m)
