# Each run as spans by OpenTelemetry's conventions for generative AI.

from staysail import Agent, MemoryExporter, Tracer, tool


@tool
async def depth() -> int:
    """Metres of water below the keel."""
    return 12


spans = MemoryExporter()
agent = Agent("openai:gpt-6-luna", name="bosun", tools=[depth], hooks=Tracer(spans))
await agent.prompt("How deep is it?")
for span in spans.spans:
    print(span.name, span.attributes.get("gen_ai.usage.output_tokens"))
