# A run that outlives what began it: every step is on record, and what was done is not done again.

from staysail import Agent, RunDone, ServerError, ToolResult, tool

bookings = []


@tool
async def book(nights: int) -> str:
    """Books a berth."""
    bookings.append(nights)
    return f"berth {len(bookings)} for {nights} nights"


agent = Agent("openai:gpt-6-luna", tools=[book], durable="runs", retry=False)
try:
    await agent.prompt("Book a berth for two nights.")
except ServerError as error:
    print("cut off:", error.status)  # or the process died

run, *_ = await agent.runs()  # the newest first
async for event in agent.resume_stream(run.id):
    match event:
        case ToolResult() as result:
            print("on record:", result.text)
        case RunDone(reply):
            print(reply)
print(len(bookings), "booking")
