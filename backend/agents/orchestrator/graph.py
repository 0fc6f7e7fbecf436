"""The graph: plan -> verify -> ask | refuse | execute -> report.

One step of a plan is one visit of `execute`, so a process that is killed in the middle of a request has every finished
step in its last checkpoint and runs only the interrupted one again.
"""

from dataclasses import replace
from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.orchestrator import answers, reports
from agents.orchestrator.dialogue.conversation import Pending
from agents.orchestrator.dialogue.memory import Memory, drafted
from agents.orchestrator.plan import Plan, Step
from agents.orchestrator.presence import absent
from agents.orchestrator.state import Context, State
from agents.orchestrator.tools import execute as execute_tool
from agents.orchestrator.tools.work import Question
from agents.orchestrator.verifier import verified


def plan(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Read the message: a request, or the answer to what is open, with what the thread remembers."""
    turn = answers.planned(runtime.context.planner, state)
    found = turn.plan
    open_steps = found.draft or found.steps
    declined = Pending.read(state.get("pending")) if found.status == "unsupported" else None
    memory = Memory.read(state.get("memory"))
    spoken_of = replace(memory, said=drafted(declined.steps, memory).said) if declined else memory
    pending = Pending(
        turn.text,
        found.status,
        turn.question or found.message,
        open_steps,
        found.asked,
        found.aside,
        found.known,
        found.excluded,
        turn.choices or found.choices,
    )
    return {
        "text": turn.text,
        "answer": "",
        "status": found.status,
        "message": found.message,
        "plan": found.as_list(),
        "excluded": list(found.excluded),
        "planner": found.planner,
        "notes": [*(state.get("notes") or []), *found.notes],
        "pending": pending.as_dict(),
        "memory": spoken_of.as_dict(),
    }


def verify(state: State) -> dict[str, Any]:
    """Hold the plan against the request, and see that its files are there; a plan in doubt is put as a question."""
    pending = Pending.read(state["pending"])
    steps = tuple(Step(step["tool"], step["args"]) for step in state["plan"])
    if state["status"] not in ("ok", "confirm") or pending is None:
        return {}
    told = Plan(state["status"], steps, state["message"], tuple(state["excluded"]), state["planner"],
                aside=pending.aside, known=pending.known)  # fmt: skip
    found = verified(state["text"], told)
    if found.status not in ("ok", "confirm"):
        return _asked(state, pending, found.status, found.message)
    gone = absent(steps[len(state.get("results") or []) :])
    if gone:
        changed = replace(pending, steps=steps, asked=(gone.place, gone.argument), choices=gone.choices,
                          aside=(*pending.aside, str(steps[gone.place].args[gone.argument])))  # fmt: skip
        return {"plan": [], **_asked(state, changed, "clarify", gone.question)}
    if found.status == "confirm":
        question = state["message"] or reports.intention(state["plan"])
        open_question = pending if pending.message else replace(pending, message=question)
        return {"status": "confirm", "message": question, "pending": open_question.as_dict()}
    return {"status": "ok", "message": ""}


def _asked(state: State, pending: Pending, status: str, message: str) -> dict[str, Any]:
    """The state with a question that stays open."""
    return {"status": status, "message": message, "pending": replace(pending, status=status, message=message).as_dict()}


def ask(state: State) -> dict[str, Any]:
    """Wait for the answer to the question; nothing happens before it, since a resumed node begins anew."""
    said = " ".join([*(state.get("notes") or []), state["message"]])
    return {"answer": str(interrupt(said)), "notes": []}


def refuse(state: State) -> dict[str, Any]:
    """Say why nothing was done."""
    return {"reply": " ".join([*(state.get("notes") or []), state["message"]]), "plan": [], "pending": {}}


def execute(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Run the next step of the plan."""
    context, results = runtime.context, list(state.get("results") or [])
    step = state["plan"][len(results)]
    turns = Memory.read(state.get("memory")).turns
    tag = f"{context.thread_id[:8]}_{turns}" if turns else context.thread_id[:8]
    context.emit("start", step["tool"], step["args"])
    try:
        done = execute_tool(step["tool"], step["args"], results, tag).as_dict(step["tool"])
    except Question as question:
        context.emit("end", step["tool"], str(question))
        return {"status": "clarify", "message": str(question)}
    context.emit("end", step["tool"], done["summary"])
    return {"results": [*results, done]}


def report(state: State) -> dict[str, Any]:
    """Put what was done into words, files included."""
    results = state.get("results") or []
    notes = [note for note in state.get("notes") or [] if not note.startswith("I made nothing of")]
    memory = Memory.read(state.get("memory")).after(state["plan"], results)
    reply = "\n".join([*notes, reports.reply(state["plan"], results)])
    return {"reply": reply, "pending": {}, "memory": memory.as_dict()}


def after_verify(state: State) -> Literal["ask", "refuse", "execute"]:
    """A doubt is asked about, what must or can not be done is refused, the rest is run."""
    return {"ok": "execute", "clarify": "ask", "confirm": "ask"}.get(state["status"], "refuse")  # type: ignore[return-value]


def after_execute(state: State) -> Literal["execute", "ask", "report"]:
    """On to the next step, or to a question that only came up now, or to the end."""
    if state["status"] == "clarify":
        return "ask"
    return "execute" if len(state.get("results") or []) < len(state["plan"]) else "report"


def build(checkpointer: BaseCheckpointSaver[Any] | None = None) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The compiled graph; without a checkpointer it is only good for drawing."""
    graph = StateGraph(State, context_schema=Context)
    for node in (plan, verify, ask, refuse, execute, report):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "verify")
    graph.add_conditional_edges("verify", after_verify)
    graph.add_edge("ask", "plan")
    graph.add_conditional_edges("execute", after_execute)
    graph.add_edge("refuse", END)
    graph.add_edge("report", END)
    return graph.compile(checkpointer=checkpointer)


def drawing() -> str:
    """The graph as Mermaid text, as docs/orchestrator.md shows it."""
    return build().get_graph().draw_mermaid()
