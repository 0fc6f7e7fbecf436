"""The Model Context Protocol with its official client: over HTTP, over stdio, with and without keys."""

import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pandas as pd
import pytest
import requests
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from werkzeug.serving import make_server

from agents.orchestrator.service import Orchestrator
from agents.wire.app import create_app as create_orchestrator_app
from api import create_app
from context_protocol.calls import _Steps
from context_protocol.http import mount
from context_protocol.prompts import RECIPES
from context_protocol.tools import TOOLS, described
from jobs.operations import OPERATIONS
from serving.keys import new_key

BACKEND = Path(__file__).resolve().parents[2] / "backend"
ADULT = "testing_data/adult_test.csv"
MODES = ["auto", "legacy"]  # without and with a session


def talk(server: Any, work: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    """What `work` gives on a connected client."""

    async def run() -> Any:
        async with Client(server, mode=mode) as client:
            return await work(client)

    return anyio.run(run)


@pytest.fixture
def served(orchestrator: Any) -> Any:
    return orchestrator


@pytest.fixture
def url(served: Any) -> str:
    return f"{served.url}/mcp"


def test_tools_are_those_of_the_routes_with_their_schemas() -> None:
    assert {each.name for each in TOOLS.values()} == set(OPERATIONS)
    app = create_app()
    views = {rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    for operation in TOOLS.values():
        spec = views[operation.route]._spec  # type: ignore[attr-defined]
        assert spec["body"] is operation.asked or operation.asked in _flat(spec["body"]), operation.name
        assert spec["response"]["schema"] is operation.answered, operation.name
        tool = described(operation)
        assert tool.input_schema["type"] == "object" == tool.output_schema["type"]  # type: ignore[index]
        assert not {"oneOf", "anyOf", "allOf"} & set(tool.input_schema)
        assert tool.annotations is not None and tool.annotations.read_only_hint is not operation.writes
        path_fields = [name for name in operation.asked.model_fields if name.startswith("output")]
        assert not path_fields or operation.writes


def _flat(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@pytest.mark.parametrize("mode", MODES)
def test_a_client_lists_reads_and_calls(url: str, served: Any, mode: str) -> None:
    async def work(client: Client) -> None:
        assert client.server_info is not None and client.server_info.name == "datafoundry"
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {*TOOLS, "ask"}
        assert tools["dataset_info"].annotations.read_only_hint is True  # type: ignore[union-attr]
        assert tools["generation_generate_data"].annotations.destructive_hint is True  # type: ignore[union-attr]

        done = await client.call_tool("dataset_info", {"data_path": ADULT})
        assert not done.is_error and done.structured_content["num_rows"] == 16_281
        assert json.loads(done.content[1].text) == done.structured_content  # type: ignore[union-attr]

        wrong = await client.call_tool("dataset_info", {"data_pth": ADULT})
        assert wrong.is_error and "data_path" in wrong.content[0].text  # type: ignore[union-attr]
        lacking = await client.call_tool("dataset_info", {"data_path": "nowhere.csv"})
        assert lacking.is_error and "file_not_found" in lacking.content[0].text  # type: ignore[union-attr]
        outside = await client.call_tool("dataset_info", {"data_path": "/etc/passwd"})
        assert outside.is_error and "data roots" in outside.content[0].text  # type: ignore[union-attr]
        with pytest.raises(MCPError, match="no tool"):
            await client.call_tool("rm", {})

    talk(url, work, mode)


def test_resources_are_tables_profiles_reports_and_models(url: str, served: Any) -> None:
    page = served.root / "adult_profile.html"

    async def work(client: Client) -> None:
        listed = {resource.uri for resource in (await client.list_resources()).resources}
        assert f"datafoundry://tables/{ADULT}" in listed
        templates = {each.uri_template for each in (await client.list_resource_templates()).resource_templates}
        assert templates == {f"datafoundry://{kind}/{{+path}}" for kind in ("tables", "profiles", "reports", "models")}
        table = await client.read_resource(f"datafoundry://tables/{ADULT}")
        assert json.loads(table.contents[0].text)["num_columns"] == 15  # type: ignore[union-attr]

        made = await client.call_tool("dataset_profile", {"data_path": ADULT, "output_path": str(page)})
        assert not made.is_error
        profile = await client.read_resource(f"datafoundry://profiles/{page.with_suffix('.json')}")
        assert json.loads(profile.contents[0].text)["columns"]["age"]["kind"] == "number"  # type: ignore[union-attr]
        report = await client.read_resource(f"datafoundry://reports/{page}")
        assert "<html" in report.contents[0].text  # type: ignore[union-attr]
        for uri in ("datafoundry://tables//etc/passwd", "datafoundry://reports/agents/README.md", "file:///etc/passwd"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)

    talk(url, work)


def test_prompts_name_tools_that_there_are(url: str) -> None:
    async def work(client: Client) -> None:
        listed = (await client.list_prompts()).prompts
        assert [each.name for each in listed] == ["label", "share", "clean"]
        for each in listed:
            given = {argument.name: f"the {argument.name}" for argument in each.arguments or []}
            (message,) = (await client.get_prompt(each.name, given)).messages
            assert all(value in message.content.text for value in given.values())  # type: ignore[union-attr]
            assert any(tool in message.content.text for tool in TOOLS)  # type: ignore[union-attr]
        with pytest.raises(MCPError, match="needs data_path"):
            await client.get_prompt("clean", {})

    talk(url, work)
    named = {word.strip(".,;:()") for recipe in RECIPES.values() for word in recipe.text.split()}
    areas = tuple(f"{name.split('.')[0]}_" for name in OPERATIONS)
    assert {word for word in named if word.startswith(areas)} <= set(TOOLS)


def _training(served: Any, name: str, rows: int, epochs: int) -> dict[str, Any]:
    """A table and the request for a configuration."""
    frame = pd.read_csv(BACKEND / ADULT).head(rows).rename(columns={"income": "label"})
    frame.to_csv(served.root / f"{name}.csv", index=False)
    return {
        "data_path": str(served.root / f"{name}.csv"),
        "output_dir": str(served.root / name),
        "model_params": {"latent_dim": 4, "encoder_hidden_layers": [16], "decoder_hidden_layers": [16]},
        "training_params": {"epochs": epochs, "batch_size": 64, "seed": 1},
    }


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_progress_is_told_and_a_call_can_be_cancelled(url: str, served: Any, mode: str) -> None:
    told: list[tuple[float, str | None]] = []

    async def work(client: Client) -> None:
        asked = _training(served, f"long_{mode}", 2_000, 100_000)
        config = (await client.call_tool("training_create_config", asked)).structured_content["config_path"]
        begun = anyio.Event()

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            told.append((progress, message))
            begun.set()

        async with anyio.create_task_group() as group:

            async def train() -> None:
                await client.call_tool("training_train_model", {"config_path": config}, progress_callback=hear)

            group.start_soon(train)
            with anyio.fail_after(120):
                await begun.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(30):  # the same connection goes on
            assert not (await client.call_tool("dataset_info", {"data_path": ADULT})).is_error

    talk(url, work, mode)
    assert [progress for progress, _ in told] == sorted({progress for progress, _ in told})
    assert all(message for _, message in told)
    _until(lambda: _cancelled(served, f"long_{mode}"))
    assert not (served.root / f"long_{mode}" / "model.pth").exists()


def _until(true: Callable[[], bool]) -> None:
    async def wait() -> None:
        with anyio.fail_after(30):
            while not true():
                await anyio.sleep(0.2)

    anyio.run(wait)


def _cancelled(served: Any, name: str) -> bool:
    log = (served.root / "orchestrator.log").read_text()
    return log.count("was cancelled by its caller") >= (1 if name.endswith("auto") else 2)


def test_the_orchestrator_is_a_tool(url: str) -> None:
    async def work(client: Client) -> None:
        planned = await client.call_tool("ask", {"input_message": "Describe adult_test.csv", "dry_run": True})
        assert planned.structured_content["status"] == "ok" and planned.structured_content["thread_id"] == ""
        question = (await client.call_tool("ask", {"input_message": "Train a model"})).structured_content
        assert question["status"] == "clarify" and "?" in question["value"]
        again = {"input_message": "never mind", "thread_id": question["thread_id"]}
        assert (await client.call_tool("ask", again)).structured_content["value"] == "Nothing was done."
        assert (await client.call_tool("ask", {})).is_error

    talk(url, work)


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, str]]]:
    """`/mcp` on a port of this process, with a key that may only read, and one that may all."""
    made = {"reader": new_key("reader", "read"), "owner": new_key("owner", "read,write,execute")}
    monkeypatch.setenv("DATAFOUNDRY_API_KEYS", ";".join(line for _, line in made.values()))
    orchestrator = Orchestrator(tmp_path / "orchestrator.sqlite")
    app = create_orchestrator_app(orchestrator)  # which looks at the keys before each route
    mount(app, orchestrator)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/mcp", {name: key for name, (key, _) in made.items()}
    server.shutdown()


def test_without_a_key_nothing_is_answered_and_each_key_may_what_its_scopes_say(
    guarded: tuple[str, dict[str, str]],
) -> None:
    url, keys = guarded
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers, code in (({}, "key_required"), ({"Authorization": "Bearer df_wrong"}, "key_unknown")):
        answer = requests.post(url, json=listing, headers=headers, timeout=60)
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json().get("code", code) == code
    with pytest.raises(BaseException):  # noqa: B017  # the client wraps it in a group
        talk(url, lambda client: client.list_tools())

    async def reads(client: Client) -> None:
        assert not (await client.call_tool("dataset_info", {"data_path": ADULT})).is_error
        for tool, scope in (
            ("training_create_config", "write"),
            ("labeling_run_pipeline", "execute"),
            ("ask", "execute"),
        ):
            refused = await client.call_tool(tool, {})
            assert refused.is_error and f"scope '{scope}'" in refused.content[0].text  # type: ignore[union-attr]

    async def may(client: Client) -> None:
        refused = await client.call_tool("training_create_config", {})
        assert refused.is_error and "data_path" in refused.content[0].text  # type: ignore[union-attr]

    for key, work in (("reader", reads), ("owner", may)):
        for mode in MODES:
            http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {keys[key]}"}, timeout=120)
            talk(streamable_http_client(url, http_client=http), work, mode)


def test_pages_of_other_sites_are_refused(url: str) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "http://evil.example", "Host": "evil.example"}):
        answer = requests.post(url, json=listing, headers=headers, timeout=60)
        assert (answer.status_code, answer.json()["code"]) in ((403, "forbidden_origin"), (421, "unknown_host"))
    assert requests.get(url, timeout=60).status_code == 405


@pytest.mark.slow
def test_over_stdio(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "DATAFOUNDRY_STATE_DIR": str(tmp_path / "state")}
    command = ["-m", "context_protocol.stdio", "--data-root", str(tmp_path), "--database", str(tmp_path / "o.sqlite")]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment)

    async def work(client: Client) -> None:
        assert "cleaning_check_table" in {tool.name for tool in (await client.list_tools()).tools}
        table = await client.read_resource(f"datafoundry://tables/{ADULT}")
        assert json.loads(table.contents[0].text)["num_rows"] == 16_281  # type: ignore[union-attr]
        refused = await client.call_tool("dataset_info", {})
        assert refused.is_error and "data_path" in refused.content[0].text  # type: ignore[union-attr]

    talk(server, work)


def test_progress_only_grows_over_several_pieces_of_work() -> None:
    steps = _Steps()
    told = [
        steps.next({"doing": doing, "unit": "rows", "done": done, "total": 10, "seconds_left": 3.0})
        for doing, done in (("a", 1), ("a", 1), ("a", 9), ("b", 2), ("b", 1))
    ]
    assert told[1] is None
    grown = [each[0] for each in told if each]
    assert grown == sorted(set(grown)) and len(grown) == 4
    assert told[0] is not None and told[0][1] is not None and told[0][2] == "a: 1 of 10 rows, 3 s left"
