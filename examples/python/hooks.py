# Hooks look on, change, ask again or stop; limits end a run that uses too much.

from staysail import Agent, AskAgain, Hooks, UsageLimitError, UsageLimits


class Plain(Hooks):
    async def after_model(self, context, completion):
        if "as an ai" in completion.text.lower():
            return AskAgain("Answer without speaking of yourself.")


agent = Agent("openai:gpt-6-luna", hooks=[Plain()], usage_limits=UsageLimits(requests=2))
print(await agent.prompt("May I berth here?"))
try:
    await agent.prompt("Tell me everything.")
except UsageLimitError as error:
    print(error)  # error.history and error.usage hold what was paid for
