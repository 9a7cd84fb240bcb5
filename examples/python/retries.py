# A call that fails for a moment is tried again, after the delay that the provider asks for; the stream tells of it.

from staysail import Agent, Retry, RetryScheduled, RunDone

agent = Agent("openai:gpt-6-luna", retry=Retry(attempts=4, base_s=0.25))

async for event in agent.stream("Write a line about resilience."):
    match event:
        case RetryScheduled(attempt=attempt, status=status):
            print(f"Status {status}: call {attempt} in a moment")
        case RunDone(reply):
            print(reply)
