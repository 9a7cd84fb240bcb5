# Many questions at once, some at a time. Answers come in the questions' order; one that failed is its exception.

from staysail import Agent

agent = Agent("openai:gpt-6-luna", retry=False)

words = ["ship", "sail", "stay"]
answers = await agent.batch_prompt([f"Translate into French: {word}" for word in words], concurrency=2)
for word, answer in zip(words, answers, strict=True):
    print(word, f"failed: {type(answer).__name__}" if isinstance(answer, Exception) else answer)
