"""Providers that hold a request to their documented rules: a refusal in the provider's own words and error shape, else a sensible answer.

    with TestServer() as server:
        box = rules_box(server, "anthropic")                     # a real address, for any client
        agent = Agent("anthropic:claude-opus-5-5", api_key="k", base_url=box.url)

    agent = Agent("anthropic:claude-opus-5-5", api_key="k", transport=RulesTransport("anthropic"))      # the same without a socket

From Node or a page: `POST /_control/boxes {"rules": "anthropic"}` of `python -m tests.server`.

A file a wire format; in each, `PROVIDERS` names the providers that speak it with what differs between them, `check` raises Refusal, and
`answer` gives what the provider would. The rules are written from the providers' documentation and from error messages in public reports,
apart from staysail's own data on models, so that one can be wrong without the other.

What the model "says": with a schema, JSON that fits it; where a tool is forced, or the user's last words name one, a call of it; else the
text "Hello.". A hosted tool is used once, with a source. Names of models that mean something everywhere: `no-such-model` is not found,
`overloaded` is overloaded, `tiny-context` takes 1,000 characters.
"""

from .judge import RulesTransport, judge, provider_names, rules_box

__all__ = ["RulesTransport", "judge", "provider_names", "rules_box"]
