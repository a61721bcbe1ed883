// The official TypeScript clients on our server: they list everything, read it, call every tool.
//
//     node client.mjs TARGET PACKAGE
//
// TARGET is the program, or the address of a server that needs the token in MEMORY_HTTP_TOKEN.
// PACKAGE is `sdk`, which speaks the revisions of the protocol with a handshake, or `client`, its
// successor, which speaks the newest. What was seen goes to stdout as one line of JSON; whatever is
// not as it should be is an exception. `node_modules` has to be beside this file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const CALLS = JSON.parse(readFileSync(new URL("calls.json", import.meta.url), "utf8"));
const PROMPT_ARGUMENTS = { task: "Speed up Redis", summary: "A larger pool", project: "/srv/shop" };
const RECENT = "memory://recent";
const IDENTITY = { name: "test", version: "1" };

/** A client of the package, what it connects by, and what has it hear of updates. */
const PACKAGES = {
  async sdk() {
    const at = "@modelcontextprotocol/sdk";
    const { Client } = await import(`${at}/client/index.js`);
    const { ResourceUpdatedNotificationSchema: updated } = await import(`${at}/types.js`);
    return {
      ...(await import(`${at}/client/stdio.js`)),
      ...(await import(`${at}/client/streamableHttp.js`)),
      client: new Client(IDENTITY),
      updated,
    };
  },
  async client() {
    const at = "@modelcontextprotocol/client";
    const { Client, StreamableHTTPClientTransport } = await import(at);
    return {
      ...(await import(`${at}/stdio`)),
      StreamableHTTPClientTransport,
      client: new Client(IDENTITY, { versionNegotiation: { mode: "auto" } }),
      updated: "notifications/resources/updated",
    };
  },
};

function transport(target, { StdioClientTransport, StreamableHTTPClientTransport }) {
  if (!target.startsWith("http")) {
    const args = ["serve", "--profile", "extended"];
    return new StdioClientTransport({ command: target, args, env: process.env });
  }
  const headers = { Authorization: `Bearer ${process.env.MEMORY_HTTP_TOKEN}` };
  return new StreamableHTTPClientTransport(new URL(target), { requestInit: { headers } });
}

/** Connects, and returns the revision of the protocol that was agreed on. */
async function connected(client, connection) {
  // The older client tells it to nobody but a transport that wants to know.
  const hear = connection.setProtocolVersion?.bind(connection);
  let agreed;
  connection.setProtocolVersion = (version) => {
    agreed = version;
    hear?.(version);
  };
  await client.connect(connection);
  return client.getNegotiatedProtocolVersion?.() ?? agreed;
}

/** All entries of a list, page after page. */
async function listed(page, field) {
  const entries = [];
  let cursor;
  do {
    const result = await page(cursor === undefined ? undefined : { cursor });
    entries.push(...result[field]);
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  return entries;
}

/** What stands in a structured answer at a path such as `items.0.id`. */
function at(value, path) {
  let found = value;
  for (const step of path.split(".")) {
    found = found?.[step];
  }
  assert.notEqual(found, undefined, `there is no ${path} in ${JSON.stringify(value)}`);
  return found;
}

/** The value, with what earlier answers have in the places that name it, as `$pool.memory.id`. */
function filled(value, answers) {
  if (Array.isArray(value)) {
    return value.map((item) => filled(item, answers));
  }
  if (typeof value === "string" && value.startsWith("$")) {
    return at(answers, value.slice(1));
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  const entries = Object.entries(value).map(([key, item]) => [key, filled(item, answers)]);
  return Object.fromEntries(entries);
}

async function call(client, step, answers) {
  const named = JSON.stringify(step);
  // The client checks the structured answer against the tool's output schema.
  const result = await client.callTool({
    name: step.call,
    arguments: filled(step.with, answers),
  });
  const text = result.content.map((block) => block.text).join("\n");
  assert.ok(text, `${named} has no text for people`);
  if (step.refused !== undefined) {
    assert.ok(result.isError && text.includes(step.refused), `${named} is answered with ${text}`);
    return;
  }
  assert.ok(!result.isError, `${named} is refused: ${text}`);
  const answer = result.structuredContent;
  for (const [path, expected] of Object.entries(filled(step.answers, answers))) {
    assert.deepEqual(at(answer, path), expected, `${named}: ${path} in ${JSON.stringify(answer)}`);
  }
  answers[step.as ?? "last"] = answer;
}

async function callEveryTool(client, tools) {
  const answers = {};
  for (const step of CALLS) {
    await call(client, step, answers);
  }
  const called = new Set(CALLS.filter((step) => step.answers).map((step) => step.call));
  assert.deepEqual([...called].sort(), [...tools].sort(), "listed and called differ");
  return answers;
}

async function readEverything(client, answers, resources) {
  const read = async (uri) => (await client.readResource({ uri })).contents[0].text;
  for (const uri of resources) {
    JSON.parse(await read(uri));
  }
  const problem = answers.problem.memory.id;
  assert.equal(JSON.parse(await read(`memory://${problem}`)).id, problem);
  const around = await read(`graph://${problem}?depth=2`);
  assert.ok(around.includes(answers.many.memories[1].id), around);
  await assert.rejects(read("memory://nowhere"), /nowhere/);
}

async function getEveryPrompt(client, prompts) {
  for (const prompt of prompts) {
    const needed = (prompt.arguments ?? []).filter((argument) => argument.required);
    const values = needed.map(({ name }) => [name, at(PROMPT_ARGUMENTS, name)]);
    const { messages } = await client.getPrompt({
      name: prompt.name,
      arguments: Object.fromEntries(values),
    });
    for (const [, value] of values) {
      assert.ok(messages[0].content.text.includes(value), `${prompt.name} lacks ${value}`);
    }
  }
}

async function complete(client, answers) {
  const values = async (ref, name, value) => {
    const { completion } = await client.complete({ ref, argument: { name, value } });
    return completion.values;
  };
  const template = { type: "ref/resource", uri: "memory://{id}" };
  assert.deepEqual(await values(template, "id", "redis times"), [answers.problem.memory.id]);
  const prompt = { type: "ref/prompt", name: "review_project" };
  assert.deepEqual(await values(prompt, "project", "/srv/s"), ["/srv/shop"]);
}

/** Waits until the server tells of a memory that this client stores. */
async function seeAnUpdate(client, protocol, updated) {
  const told = new Promise((tell) => {
    client.setNotificationHandler(updated, (notification) => tell(notification.params.uri));
  });
  const isNew = protocol >= "2026-07-28";
  const listening = isNew
    ? await client.listen({ resourceSubscriptions: [RECENT] })
    : await client.subscribeResource({ uri: RECENT });
  const change = { type: "general", title: "News", content: "Something has changed." };
  await client.callTool({ name: "store_memory", arguments: change });
  const uri = await told;
  await (isNew ? listening.close() : client.unsubscribeResource({ uri: RECENT }));
  return uri;
}

async function main(target, name) {
  const { client, updated, ...transports } = await PACKAGES[name]();
  const connection = transport(target, transports);
  const protocol = await connected(client, connection);
  const tools = (await listed((page) => client.listTools(page), "tools")).map((tool) => tool.name);
  const resources = await listed((page) => client.listResources(page), "resources");
  const templates = await listed((page) => client.listResourceTemplates(page), "resourceTemplates");
  const prompts = await listed((page) => client.listPrompts(page), "prompts");
  const uris = resources.map((resource) => resource.uri);
  const answers = await callEveryTool(client, tools);
  await readEverything(client, answers, uris);
  await getEveryPrompt(client, prompts);
  await complete(client, answers);
  const seen = {
    protocol,
    server: client.getServerVersion().name,
    tools: tools.length,
    resources: uris,
    templates: templates.map((template) => template.uriTemplate),
    prompts: prompts.map((prompt) => prompt.name),
    updated: await seeAnUpdate(client, protocol, updated),
  };
  // A server with sessions is told that this one is over.
  await connection.terminateSession?.();
  await client.close();
  console.log(JSON.stringify(seen));
}

await main(...process.argv.slice(2));
