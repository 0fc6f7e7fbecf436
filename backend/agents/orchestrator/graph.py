"""The graph: plan -> verify -> ask | refuse | execute -> report.

One step of a plan is one visit of `execute`, so a process that is killed in the middle of a request has every finished
step in its last checkpoint and runs only the interrupted one again.
"""

from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.orchestrator import answers, reports
from agents.orchestrator.plan import Plan, Step
from agents.orchestrator.state import Context, State
from agents.orchestrator.tools import execute as execute_tool
from agents.orchestrator.tools.work import Question
from agents.orchestrator.verifier import verified


def plan(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Read the request; after a question, the request together with what was answered."""
    planner = runtime.context.planner
    text, found = answers.planned(
        planner, state["text"], state.get("answer", ""), state.get("plan") or [], state.get("results") or []
    )
    return {
        "text": text,
        "answer": "",
        "status": found.status,
        "message": found.message,
        "plan": found.as_list(),
        "excluded": list(found.excluded),
        "planner": found.planner,
    }


def verify(state: State) -> dict[str, Any]:
    """Hold the plan against the request."""
    steps = tuple(Step(step["tool"], step["args"]) for step in state["plan"])
    found = verified(
        state["text"], Plan(state["status"], steps, state["message"], tuple(state["excluded"]), state["planner"])
    )
    return {"status": found.status, "message": found.message}


def ask(state: State) -> dict[str, Any]:
    """Wait for the answer to the question; nothing happens before it, since a resumed node begins anew."""
    return {"answer": str(interrupt(state["message"]))}


def refuse(state: State) -> dict[str, Any]:
    """Say why nothing was done."""
    return {"reply": state["message"], "plan": []}


def execute(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Run the next step of the plan."""
    context, results = runtime.context, list(state.get("results") or [])
    step = state["plan"][len(results)]
    context.emit("start", step["tool"], step["args"])
    try:
        done = execute_tool(step["tool"], step["args"], results, context.thread_id).as_dict(step["tool"])
    except Question as question:
        context.emit("end", step["tool"], str(question))
        return {"status": "clarify", "message": str(question)}
    context.emit("end", step["tool"], done["summary"])
    return {"results": [*results, done]}


def report(state: State) -> dict[str, Any]:
    """Put what was done into words, files included."""
    return {"reply": reports.reply(state["plan"], state.get("results") or [])}


def after_verify(state: State) -> Literal["ask", "refuse", "execute"]:
    """A doubt is asked about, what must or can not be done is refused, the rest is run."""
    return {"ok": "execute", "clarify": "ask"}.get(state["status"], "refuse")  # type: ignore[return-value]


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
    """The graph as Mermaid text, as the README shows it."""
    return build().get_graph().draw_mermaid()
