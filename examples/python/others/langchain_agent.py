# The same with LangChain.

from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk
from langgraph.checkpoint.memory import InMemorySaver


def depth(harbour: str) -> str:
    """Depth of a harbour."""
    return "Twelve metres."


agent = create_agent("openai:gpt-6-luna", tools=[depth], system_prompt="Be brief.", checkpointer=InMemorySaver())
trip = {"configurable": {"thread_id": "trip"}}


def asked(text):
    return {"messages": [{"role": "user", "content": text}]}


state = await agent.ainvoke(asked("How deep is Oslo?"), trip)
print(state["messages"][-1].text)

async for chunk, _ in agent.astream(asked("And may I anchor there?"), trip, stream_mode="messages"):
    if isinstance(chunk, AIMessageChunk):
        print(chunk.text, end="")
print()
