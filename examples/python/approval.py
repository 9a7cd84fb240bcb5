# A tool that asks first. The run pauses, and goes on now or next week, here or in another process.

from staysail import Agent, Approve, tool


@tool(approval=lambda args: args["euros"] > 20)
async def pay(euros: int) -> str:
    """Pays a bill."""
    return f"paid {euros}"


treasurer = Agent("openai:gpt-6-luna", name="treasurer", tools=[pay], durable="runs")
paused = await treasurer.prompt("Pay the harbour fee.")
print(paused.pending[0].tool, dict(paused.pending[0].arguments))

reply = await treasurer.resume(paused.run_id, {paused.pending[0].id: Approve({"euros": 99})})
print(reply)
