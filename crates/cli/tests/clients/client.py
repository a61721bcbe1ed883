"""The official Python client on our server: it lists everything, reads it, calls every tool.

    python3 client.py TARGET MODE

TARGET is the program, or the address of a server that needs the token in MEMORY_HTTP_TOKEN. MODE is
`auto`, for the newest revision of the protocol, or `legacy`, for one with a handshake. What was seen
goes to stdout as one line of JSON; whatever is not as it should be is an exception.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import PromptReference, ResourceTemplateReference, ResourceUpdatedNotification

CALLS = json.loads(Path(__file__).with_name("calls.json").read_text(encoding="utf-8"))
PROMPT_ARGUMENTS = {"task": "Speed up Redis", "summary": "A larger pool", "project": "/srv/shop"}
RECENT = "memory://recent"


def server(target):
    if not target.startswith("http"):
        arguments = ["serve", "--profile", "extended"]
        return StdioServerParameters(command=target, args=arguments, env=dict(os.environ))
    token = {"Authorization": f"Bearer {os.environ['MEMORY_HTTP_TOKEN']}"}
    http = httpx2.AsyncClient(headers=token, timeout=60, trust_env=False)
    return streamable_http_client(target, http_client=http)


async def listed(page, field):
    """All entries of a list, page after page."""
    entries, cursor = [], None
    while True:
        result = await page(cursor=cursor)
        entries += getattr(result, field)
        cursor = result.next_cursor
        if cursor is None:
            return entries


def at(value, path):
    """What stands in a structured answer at a path such as `items.0.id`."""
    found = value
    for step in path.split("."):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError) as error:
            raise AssertionError(f"there is no {path} in {json.dumps(value)}") from error
    return found


def filled(value, answers):
    """The value, with what earlier answers have in the places that name it, as `$pool.memory.id`."""
    if isinstance(value, dict):
        return {key: filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, answers) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        return at(answers, value[1:])
    return value


async def call(client, step, answers):
    # The client checks the structured answer against the tool's output schema.
    result = await client.call_tool(step["call"], filled(step["with"], answers))
    text = "\n".join(block.text for block in result.content)
    assert text, f"{step} has no text for people"
    if "refused" in step:
        assert result.is_error and step["refused"] in text, f"{step} is answered with {text}"
        return
    assert not result.is_error, f"{step} is refused: {text}"
    answer = result.structured_content
    for path, expected in filled(step["answers"], answers).items():
        found = at(answer, path)
        assert found == expected, f"{step}: {path} is {found!r} in {answer}"
    answers[step.get("as", "last")] = answer


async def call_every_tool(client, tools):
    answers = {}
    for step in CALLS:
        await call(client, step, answers)
    called = {step["call"] for step in CALLS if "answers" in step}
    assert called == set(tools), f"listed and called differ in {called ^ set(tools)}"
    return answers


async def read_everything(client, answers, resources):
    for uri in resources:
        contents = (await client.read_resource(uri)).contents
        json.loads(contents[0].text)
    problem = answers["problem"]["memory"]["id"]
    contents = (await client.read_resource(f"memory://{problem}")).contents
    assert json.loads(contents[0].text)["id"] == problem
    contents = (await client.read_resource(f"graph://{problem}?depth=2")).contents
    assert answers["many"]["memories"][1]["id"] in contents[0].text
    try:
        await client.read_resource("memory://nowhere")
    except MCPError as error:
        assert "nowhere" in error.message, error
    else:
        raise AssertionError("a memory that is not there was read")


async def get_every_prompt(client, prompts):
    for prompt in prompts:
        names = [argument.name for argument in prompt.arguments or [] if argument.required]
        arguments = {name: PROMPT_ARGUMENTS[name] for name in names}
        message = (await client.get_prompt(prompt.name, arguments)).messages[0]
        for value in arguments.values():
            assert value in message.content.text, f"{prompt.name} lacks {value}"


async def complete(client, answers):
    problem = answers["problem"]["memory"]["id"]
    template = ResourceTemplateReference(uri="memory://{id}")
    found = await client.complete(template, {"name": "id", "value": "redis times"})
    assert found.completion.values == [problem], found
    prompt = PromptReference(name="review_project")
    found = await client.complete(prompt, {"name": "project", "value": "/srv/s"})
    assert found.completion.values == ["/srv/shop"], found


async def see_an_update(client, updates):
    """Waits until the server tells of a memory that this client stores."""
    change = {"type": "general", "title": "News", "content": "Something has changed."}
    if client.protocol_version >= "2026-07-28":
        async with client.listen(resource_subscriptions=[RECENT]) as events:
            await client.call_tool("store_memory", change)
            async for event in events:
                return event.uri
    await client.session.subscribe_resource(RECENT)
    await client.call_tool("store_memory", change)
    uri = await updates.get()
    await client.session.unsubscribe_resource(RECENT)
    return uri


async def main(target, mode):
    updates = asyncio.Queue()

    async def hear(message):
        if isinstance(message, ResourceUpdatedNotification):
            updates.put_nowait(message.params.uri)

    connection = Client(server(target), mode=mode, read_timeout_seconds=60, message_handler=hear)
    async with connection as client:
        tools = [tool.name for tool in await listed(client.list_tools, "tools")]
        resources = [str(entry.uri) for entry in await listed(client.list_resources, "resources")]
        templates = await listed(client.list_resource_templates, "resource_templates")
        prompts = await listed(client.list_prompts, "prompts")
        answers = await call_every_tool(client, tools)
        await read_everything(client, answers, resources)
        await get_every_prompt(client, prompts)
        await complete(client, answers)
        updated = await asyncio.wait_for(see_an_update(client, updates), timeout=60)
        seen = {
            "protocol": client.protocol_version,
            "server": client.server_info.name,
            "tools": len(tools),
            "resources": resources,
            "templates": [template.uri_template for template in templates],
            "prompts": [prompt.name for prompt in prompts],
            "updated": updated,
        }
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
