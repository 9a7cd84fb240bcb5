# An answer as a value of a type: a dataclass, a TypedDict, an enum, a pydantic or msgspec type, or plain JSON Schema.

from dataclasses import dataclass
from datetime import date

from staysail import Agent


@dataclass
class Invoice:
    number: str
    total: float
    """In euros."""
    due: date


agent = Agent("openai:gpt-6-luna")
invoice = await agent.extract("Invoice 2026-17: 120 euros, to be paid by 24 December 2026.", Invoice)
print(invoice.number, invoice.total, invoice.due.year)
