"""The methods of agents that JavaScript calls. Each call describes its agent anew, so no agent stays here that would have to be freed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any

from .. import Agent, AgentTool, Batch, Cache, Event, Handoff, Message, RunOptions, Steering, Tool, ToolIndex, Tracer
from ..agent.reply import Reply
from ..agent.retrieval import Retriever
from ..core.hosted import read_hosted
from ..core.value import NOTHING
from .access import read_access, read_limits
from .conversing import Conversing, read_policies
from .modules import Modules
from .peer import Method, Peer, describe
from .remote import Owner, RemoteApprove, RemoteHooks, RemoteIndex, RemoteOutputCheck, RemotePreamble, RemoteTool, RemoteToolEmbedder
from .stores import Stores
from .tracing import Tracing

MOST_CACHES = 64
MOST_EMBEDDERS = 16


class Agents:
    """The methods `agent.*` of one peer, with the caches that outlive a call."""

    def __init__(self, peer: Peer, modules: Modules, stores: Stores, conversing: Conversing) -> None:
        self._peer, self._modules, self._stores, self.conversing = peer, modules, stores, conversing
        tracing = Tracing()
        self.tracer = tracing.tracer
        self._caches: OrderedDict[str, Cache] = OrderedDict()
        self._known: OrderedDict[str, dict[str, list[float]]] = OrderedDict()
        self._steerings: dict[str, Steering] = {}
        self.methods: dict[str, Method] = {
            "agent.run": self.run,
            "agent.stream": self.stream,
            "agent.resume": self.resume,
            "agent.resume_stream": self.resume_stream,
            "agent.watch": self.watch,
            "agent.steer": self.steer,
            "agent.runs": self.runs,
            "agent.batch": self.batch,
            "agent.batch_state": self.batch_state,
            "agent.batch_replies": self.batch_replies,
            "agent.batch_cancel": self.batch_cancel,
            "agent.forget_run": self.forget_run,
            "agent.forget": self.forget,
            **tracing.methods,
        }

    async def run(self, params: dict[str, Any]) -> dict[str, Any]:
        reply: Reply = await self._agent(params).prompt(params["prompt"], history=params.get("history"))
        return reply.to_dict()

    async def resume(self, params: dict[str, Any]) -> dict[str, Any]:
        return (await self._agent(params).resume(params["run"], params.get("approvals"))).to_dict()

    def stream(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        agent = self._agent(params)
        return self._steered(params, lambda options: agent.stream(params["prompt"], history=params.get("history"), **options))

    def resume_stream(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        agent = self._agent(params)
        return self._steered(params, lambda options: agent.resume_stream(params["run"], params.get("approvals"), **options))

    async def _steered(
        self, params: dict[str, Any], begin: Callable[[RunOptions], AsyncGenerator[Event]]
    ) -> AsyncGenerator[dict[str, Any]]:
        with self._steering(params.get("steering")) as options:
            async with aclosing(events_as_dicts(begin(options))) as events:
                async for event in events:
                    yield event

    @contextmanager
    def _steering(self, given: dict[str, Any] | None) -> Iterator[RunOptions]:
        """Makes a Steering that `steer` finds within the block. Yields the run's options with it."""
        if given is None:
            yield {}
            return
        steering = self._steerings[given["id"]] = Steering()
        try:
            for message in given["messages"]:
                steering.send(**message)
            yield {"steering": steering}
        finally:
            del self._steerings[given["id"]]

    async def steer(self, params: dict[str, Any]) -> bool:
        """Sends a message to a run that is under way, or takes it back. Returns False where no such run is under way."""
        steering = self._steerings.get(params["steering"])
        if steering is None:
            return False
        if "withdraw" in params:
            return steering.withdraw(params["withdraw"])
        steering.send(**params["message"])
        return True

    def watch(self, params: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        return events_as_dicts(self._agent(params).watch(params["run"]))

    async def runs(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        return [info.to_dict() for info in await self._agent(params).runs()]

    async def batch(self, params: dict[str, Any]) -> dict[str, Any]:
        prompts = [Message.from_dict(item) if isinstance(item, dict) and "role" in item else item for item in params["prompts"]]
        batch = await self._agent(params).batch(prompts)
        return batch.to_dict() | {"warnings": list(batch.warnings)}

    async def batch_state(self, params: dict[str, Any]) -> dict[str, Any]:
        state = await self._batch(params).state()
        return {name: getattr(state, name) for name in state.__match_args__}

    async def batch_replies(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        replies = await self._batch(params).replies()
        return [{"reply": item.to_dict()} if isinstance(item, Reply) else {"error": describe(item)} for item in replies]

    async def batch_cancel(self, params: dict[str, Any]) -> None:
        await self._batch(params).cancel()

    def _batch(self, params: dict[str, Any]) -> Batch:
        return self._agent(params).open_batch(params["batch"])

    async def forget_run(self, params: dict[str, Any]) -> None:
        await self._agent(params).forget_run(params["run"])

    async def forget(self, params: dict[str, Any]) -> None:
        """Drops the cached answers of an agent that is no longer used."""
        self._caches.pop(params["id"], None)

    def cache(self, id: str, max_entries: int) -> Cache:
        cache = self._caches.pop(id, None) or Cache(max_entries)
        self._caches[id] = cache
        if len(self._caches) > MOST_CACHES:
            self._caches.popitem(last=False)
        return cache

    def vectors(self, embedder: str) -> dict[str, list[float]]:
        """Returns the vectors of tool descriptions that an embedder made before, by text, so that each is embedded once."""
        known = self._known.pop(embedder, {})
        self._known[embedder] = known
        if len(self._known) > MOST_EMBEDDERS:
            self._known.popitem(last=False)
        return known

    def _agent(self, params: dict[str, Any]) -> Agent:
        return Crew(self._peer, self._modules, self._stores, self, params["agents"]).agent(params["agent"])


class Crew:
    """The agents of one call: the called agent and those that it may delegate to.

    Args:
        peer: The other side.
        modules: The Python tools.
        stores: The vector stores.
        agents: Keeps caches that outlive the call.
        described: The agents' descriptions by id.
    """

    def __init__(self, peer: Peer, modules: Modules, stores: Stores, agents: Agents, described: dict[str, Any]) -> None:
        self._peer, self._modules, self._stores, self._described = peer, modules, stores, described
        self._cache, self._vectors, self._conversing = agents.cache, agents.vectors, agents.conversing
        self._new_tracer = agents.tracer
        self._made: dict[str, Agent] = {}
        self._tracers: dict[int, Tracer] = {}

    def agent(self, id: str) -> Agent:
        if id not in self._made:
            self._made[id] = self._make(id)
        return self._made[id]

    def _make(self, id: str) -> Agent:
        described = self._described[id]
        owner = Owner(self._peer, id)
        options: dict[str, Any] = dict(described.get("options") or {})
        options["tools"] = [self._tool(owner, **tool) for tool in options.get("tools") or ()]
        options["dynamic_context"] = [self._context(owner, **found) for found in options.get("dynamic_context") or ()]
        options["dynamic_tools"] = [self._toolbox(owner, index, **box) for index, box in enumerate(options.get("dynamic_tools") or ())]
        options["hooks"] = [RemoteHooks(owner, index, names) for index, names in enumerate(options.get("hooks") or ())]
        options["memory"] = read_policies(owner, options.get("memory") or ())
        if options.get("conversation") is not None:
            options["conversations"] = self._conversing.find(options.get("conversations"))
        if tracer := options.pop("tracer", None):
            options["hooks"].append(self._tracer(owner, **tracer))
        if options.get("approve"):
            options["approve"] = RemoteApprove(owner)
        if isinstance(parts := options.get("preamble"), list):
            options["preamble"] = [part if isinstance(part, str) else RemotePreamble(owner, **part) for part in parts]
        if options.get("output_check"):
            options["output_check"] = RemoteOutputCheck(owner)
        if cache := options.get("cache"):
            options["cache"] = self._cache(**cache)
        return Agent(**read_access(owner, described), name=described.get("name"), **read_limits(options))

    def _tracer(self, owner: Owner, id: int, **described: Any) -> Tracer:
        """Returns the tracer of this id. Several agents share one tracer, so that inherited hooks record each run once."""
        if id not in self._tracers:
            self._tracers[id] = self._new_tracer(owner, described)
        return self._tracers[id]

    def _context(
        self, owner: Owner, sample: int, index: int, store: dict[str, Any] | None = None, options: Mapping[str, Any] = NOTHING
    ) -> Retriever:
        """Returns a retriever. options: the arguments of each search; a store on the other side keeps its own there."""
        return Retriever(sample, self._stores.find(**store) if store else RemoteIndex(owner, index), options)

    def _toolbox(self, owner: Owner, index: int, sample: int, tools: list[dict[str, Any]], embedder: str | None) -> tuple[int, ToolIndex]:
        """Returns the number of tools to choose and their index. embedder: the embedder's id on the other side."""
        made = [self._tool(owner, **tool) for tool in tools]
        if embedder is None:
            return sample, ToolIndex(made)
        return sample, ToolIndex(made, RemoteToolEmbedder(owner, index), known=self._vectors(embedder))

    def _tool(self, owner: Owner, name: str, module: str | None = None, agent: str | None = None, **described: Any) -> Any:
        if "hosted" in described:
            local = described.get("local")
            return read_hosted(described | {"local": self._tool(owner, **local) if local else None})
        if module:
            known = self._modules.find(module, name)
            return known if "approval" not in described else ApprovalProxy(known, RemoteTool(owner, name, **described).approval)
        if agent is None:
            return RemoteTool(owner, name, **described)
        description = described.get("description") or None
        if described["kind"] == "handoff":
            return Handoff(lambda: self.agent(agent), name, description)
        approval = RemoteTool(owner, name, **described).approval
        kept = {option: described[option] for option in ("events", "idempotent") if described.get(option)}
        return AgentTool(self.agent(agent), name, description, approval=approval, **kept)


class ApprovalProxy:
    """A Python tool whose calls the other side approves."""

    def __init__(self, tool: Tool, approval: Any) -> None:
        self._tool, self.approval = tool, approval

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tool, name)


async def events_as_dicts(events: AsyncGenerator[Event]) -> AsyncGenerator[dict[str, Any]]:
    async with aclosing(events):
        async for event in events:
            yield event.to_dict()
