"""Clients that exist, over real HTTP: OpenAI's package, LangChain's ChatOpenAI, and LangGraph's RemoteGraph."""

from pathlib import Path
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command

from agents.wire.bodies import ChatMessage
from agents.wire.conversations import Conversations

MODEL = "datafoundry-orchestrator"
DESCRIBE = "Describe testing_data/adult_test.csv"
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def client(orchestrator: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{orchestrator.url}/v1", api_key="none", max_retries=0, timeout=120)


@pytest.fixture
def empty(orchestrator: Any) -> Path:
    """A file that no step can read."""
    file: Path = orchestrator.root / "empty.csv"
    file.write_text("")
    return file


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def test_openai_chat_whole_and_streamed(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=[user(DESCRIBE)])
    text = whole.choices[0].message.content or ""
    assert "16,281 rows and 15 columns" in text and whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None and whole.usage.total_tokens > 0
    assert whole.model_extra is not None and whole.model_extra["datafoundry"]["warnings"] == []
    assert whole.model_extra["datafoundry"]["steps"][0]["tool"] == "describe"

    stream = client.chat.completions.create(
        model=MODEL, messages=[user(DESCRIBE)], stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == text
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None and chunks[-1].usage.total_tokens > 0


def test_openai_what_is_not_for_the_orchestrator_is_left_out_with_a_note(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="gpt-5",
        messages=[user("List my datasets")],
        tools=[TOOL],
        tool_choice="required",
        n=2,  # type: ignore[list-item]
    )
    assert answer.choices[0].message.tool_calls is None and answer.model == MODEL
    warnings = answer.model_extra["datafoundry"]["warnings"]  # type: ignore[index]
    assert [warning.split()[0] for warning in warnings] == ["tools", "tool_choice", "n", "There"]
    assert "no model 'gpt-5'" in warnings[-1]
    assert [model.id for model in client.models.list()] == [MODEL] and client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-5'"):
        client.models.retrieve("gpt-5")


def test_openai_a_failure_is_an_error_of_the_client(client: openai.OpenAI, empty: Path) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="empty.csv"):
        client.chat.completions.create(model=MODEL, messages=[user(f"Describe {empty}")])
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model=MODEL, messages=[])


@pytest.mark.parametrize("streamed", [False, True])
def test_openai_a_conversation_goes_on_by_its_messages_alone(client: openai.OpenAI, streamed: bool) -> None:
    messages = [{"role": "system", "content": "Be brief."}, user(f"Train a model{' ' * streamed}")]

    def said() -> str:
        answer = client.chat.completions.create(model=MODEL, messages=messages, stream=streamed)  # type: ignore[call-overload]
        if not streamed:
            return str(answer.choices[0].message.content)
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer)

    question = said()
    assert "Which data" in question
    messages += [{"role": "assistant", "content": question}, user("cancel")]
    assert said() == "Nothing was done."


def test_langchain_chat_openai(orchestrator: Any) -> None:
    model = ChatOpenAI(model=MODEL, base_url=f"{orchestrator.url}/v1", api_key="none", max_retries=0)  # type: ignore[arg-type]
    history: list[Any] = [HumanMessage("Train a model on")]
    question = model.invoke(history)
    assert isinstance(question, AIMessage) and "Which data" in str(question.content)
    done = model.invoke([*history, question, HumanMessage("never mind")])
    assert done.content == "Nothing was done."
    assert "".join(str(chunk.content) for chunk in model.stream(DESCRIBE)).startswith("adult_test.csv has 16,281 rows")
    bound = model.bind_tools([TOOL])  # type: ignore[list-item]
    assert bound.invoke("List my datasets").tool_calls == []


def test_langgraph_remote_graph(orchestrator: Any, empty: Path) -> None:
    graph = RemoteGraph("orchestrator", url=orchestrator.url)
    state = graph.invoke({"messages": [user(DESCRIBE)]})
    assert state["status"] == "ok" and "16,281 rows" in state["messages"][-1]["content"]
    assert state["messages"][0]["content"] == DESCRIBE

    updates = list(graph.stream({"messages": [HumanMessage(DESCRIBE)]}, stream_mode="updates"))
    assert [list(update) for update in updates] == [["describe"]]

    thread: Any = {"configurable": {"thread_id": "remote-graph-1"}}
    asked = graph.invoke({"input_message": "Train a model"}, thread)
    assert asked["status"] == "clarify" and asked["__interrupt__"][0]["value"] == asked["value"]
    assert graph.invoke(Command(resume="cancel"), thread)["value"] == "Nothing was done."
    with pytest.raises(Exception, match="empty.csv"):
        graph.invoke({"messages": [user(f"Describe {empty}")]})


def test_two_conversations_of_the_same_words_are_never_in_one_thread(tmp_path: Any) -> None:
    from agents.orchestrator.store import Store

    known = Conversations(Store(tmp_path / "o.sqlite"))
    first = [ChatMessage(role="user", content="Train a model")]
    for thread in ("one", "two"):
        known.keep(first, "Which data?", thread)
    known.keep(first, "Which data?", "hers", owner="her")
    second = [*first, ChatMessage(role="assistant", content="Which data?"), ChatMessage(content="a.csv")]
    assert {known.take(second), known.take(second)} == {"one", "two"}
    assert known.take(second) is None  # each goes on once
    known.keep(second, None, "two")  # it failed: the client sends it again
    assert known.take(second) == "two"
    assert known.take(second, owner="his") is None and known.take(second, owner="her") == "hers"
    assert known.take(first) is None
