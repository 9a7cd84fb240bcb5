# Errors say whose move is next, and carry what was paid for.

from staysail import Agent, MaxTurnsError, ProviderError, StaysailError, ToolError, tool


@tool
async def read(page: int) -> str:
    """Reads a page of the log."""
    if page > 3:
        raise ToolError("The log has 3 pages.")  # goes to the model, which may try another page
    return f"page {page}"


agent = Agent("openai:gpt-6-luna", tools=[read], max_turns=2, retry=False)
for question in ("What does page 9 say?", "Is anybody there?"):
    try:
        print(await agent.prompt(question))
    except MaxTurnsError as error:
        print("too many turns:", len(error.history), "messages,", error.usage.total_tokens, "tokens")
    except ProviderError as error:
        print("provider:", error.status, "try again" if error.retryable else "do not try again")
    except StaysailError as error:
        print(error)
