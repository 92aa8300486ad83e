// One check with one real TypeScript client:  node client.mjs v1|v2 sse|http URL CHECK [JSON]
// Prints one JSON line of findings and ends by itself; that it ends is part of the check. The same checks, with the same
// findings, exist for Python in ../python/client.py; ../test_clients.py judges both.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Session, loadSdk, textOf } from './sdk.mjs';

const [generation, transportKind, url, checkName, json = '{}'] = process.argv.slice(2);
const parameters = JSON.parse(json);
const sdk = await loadSdk(generation);
const open = (options) => Session.open(sdk, transportKind, url, options);

function describe(error) {
  return { name: error?.constructor?.name, code: error?.code ?? null, message: String(error?.message ?? error) };
}

/// What a step returned, or the error it ended with: a test asserts on either.
async function outcome(action) {
  try {
    return { value: await action() };
  } catch (error) {
    return { error: describe(error) };
  }
}

async function waitUntil(condition, milliseconds = 120_000) {
  const end = Date.now() + milliseconds;
  while (!condition() && Date.now() < end) await sleep(20);
}

async function allPages(list, key) {
  const found = [];
  let cursor;
  do {
    const page = await list(cursor ? { cursor } : undefined);
    found.push(...page[key]);
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

async function names(list, key, field) {
  return (await allPages(list, key)).map((entry) => entry[field]);
}

const tricky = 'tricky: "quotes" \\ backslash, tab\t, newline\n, \u2028 \u2029 \u0085, é, 漢字, 🎈';

const checks = {
  /// Everything one session usually does, against server-everything.
  async tour() {
    const session = await open({ auto: parameters.auto });
    const { client } = session;
    const found = {
      protocolVersion: session.protocolVersion,
      serverInfo: client.getServerVersion(),
      capabilities: client.getServerCapabilities(),
      instructions: client.getInstructions() ?? null,
      sessionId: session.transport.sessionId ?? null,
      tools: await outcome(() => names((p) => client.listTools(p), 'tools', 'name')),
      echo: await outcome(() => session.text('echo', { message: tricky })),
      sum: await outcome(() => session.text('get-sum', { a: 19, b: 23 })),
      structured: await outcome(async () => {
        return (await session.call('get-structured-content', { location: 'New York' })).structuredContent;
      }),
      image: await outcome(async () => {
        const image = (await session.call('get-tiny-image')).content.find((block) => block.type === 'image');
        return { mimeType: image.mimeType, bytes: Buffer.from(image.data, 'base64').length };
      }),
      prompts: await outcome(() => names((p) => client.listPrompts(p), 'prompts', 'name')),
      prompt: await outcome(async () => {
        return (await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Ghent' } })).messages[0].content.text;
      }),
      completion: await outcome(async () => (await client.complete({
        ref: { type: 'ref/prompt', name: 'completable-prompt' }, argument: { name: 'department', value: 'E' },
      })).completion.values),
      resources: await outcome(() => names((p) => client.listResources(p), 'resources', 'uri')),
      templates: await outcome(() => names((p) => client.listResourceTemplates(p), 'resourceTemplates', 'uriTemplate')),
      resource: await outcome(async () => (await client.readResource({ uri: 'demo://resource/dynamic/text/7' })).contents[0]),
      ping: await outcome(() => client.ping()),
      logLevel: await outcome(() => client.setLoggingLevel('warning')),
      unknownTool: await outcome(async () => {
        const result = await session.call('no-such-tool');
        return { isError: result.isError ?? false, text: textOf(result) };
      }),
      badArguments: await outcome(async () => {
        const result = await session.call('get-sum', { a: 'not a number' });
        return { isError: result.isError ?? false, text: textOf(result) };
      }),
      unknownResource: await outcome(() => client.readResource({ uri: 'demo://resource/none' })),
      unknownMethod: await outcome(() => sdk.rawRequest(client, 'interop/no-such-method')),
      echoAfterErrors: await outcome(() => session.text('echo', { message: 'still here' })),
    };
    const before = session.errors.length;
    await session.close();
    return { ...found, clientErrors: session.errors.slice(0, before) };
  },

  async progress() {
    const { duration, steps } = parameters;
    const session = await open();
    const seen = [];
    const text = await session.text('trigger-long-running-operation', { duration, steps }, {
      onprogress: ({ progress, total }) => seen.push([progress, total]),
    });
    await sleep(200);
    await session.close();
    return { text, seen };
  },

  /// Many sessions at once, each with payloads of its own, all checked here; only what is wrong is reported.
  async sessions() {
    const { sessions: count, calls } = parameters;
    const wrong = [];
    let answered = 0;
    await Promise.all(Array.from({ length: count }, async (_, number) => {
      const session = await open();
      await Promise.all(Array.from({ length: calls }, async (__, call) => {
        const message = `interop-payload session ${number} call ${call} ${generation} ${transportKind}`;
        const [echoed, sum] = await Promise.all([
          session.text('echo', { message }),
          session.text('get-sum', { a: number * 1000, b: call }),
        ]);
        if (echoed !== `Echo: ${message}`) wrong.push({ number, call, echoed });
        else if (!sum.includes(`${number * 1000 + call}`)) wrong.push({ number, call, sum });
        else answered += 2;
      }));
      await session.close();
    }));
    return { answered, wrong };
  },

  async files() {
    const session = await open();
    const { directory, name, written } = parameters;
    const found = {
      listing: await outcome(() => session.text('list_directory', { path: directory })),
      content: await outcome(() => session.text('read_text_file', { path: `${directory}/${name}` })),
      write: await outcome(() => session.text('write_file', { path: `${directory}/${written.name}`, content: written.content })),
      outside: await outcome(async () => {
        const result = await session.call('read_text_file', { path: '/etc/hostname' });
        return { isError: result.isError ?? false, text: textOf(result) };
      }),
    };
    await session.close();
    return found;
  },

  /// What one session stores another one finds: they share the child.
  async memory() {
    const { entity } = parameters;
    const writer = await open();
    const created = await outcome(async () => (await writer.call('create_entities', { entities: [entity] })).structuredContent);
    await writer.close();
    const reader = await open();
    const search = await outcome(async () => (await reader.call('search_nodes', { query: entity.name })).structuredContent);
    await reader.close();
    return { created, search };
  },

  /// A file of megabytes; the answer, or a clear error, and then the same session goes on.
  async large() {
    const session = await open();
    const found = {
      call: await outcome(async () => {
        const result = await session.call('read_text_file', { path: parameters.path });
        const text = textOf(result);
        const hash = createHash('sha256').update(text).digest('hex');
        return { isError: result.isError ?? false, length: text.length, sha256: hash, head: text.slice(0, 300) };
      }),
      next: await outcome(() => session.text('list_allowed_directories')),
    };
    await session.close();
    return found;
  },

  /// Three sessions, two of them subscribed to different resources: each hears of its own and of nothing else.
  async subscriptions() {
    const heard = [[], [], []];
    const listen = (index) => ({
      notifications: { 'notifications/resources/updated': ({ params }) => { heard[index].push(params.uri); } },
    });
    const [first, second, bystander] = [await open(listen(0)), await open(listen(1)), await open(listen(2))];
    await first.client.subscribeResource({ uri: 'demo://resource/dynamic/text/1' });
    await second.client.subscribeResource({ uri: 'demo://resource/dynamic/text/2' });
    const started = await first.text('toggle-subscriber-updates');
    await waitUntil(() => heard[0].length > 0 && heard[1].length > 0);
    await first.client.unsubscribeResource({ uri: 'demo://resource/dynamic/text/1' });
    const stopped = await first.text('toggle-subscriber-updates');
    await sleep(200);
    await Promise.all([first.close(), second.close(), bystander.close()]);
    return { started, stopped, heard };
  },

  /// One session makes the child register a resource; both sessions are told, and both can list and read it.
  async listChanged() {
    const told = [0, 0];
    const listen = (index) => ({ notifications: { 'notifications/resources/list_changed': () => { told[index] += 1; } } });
    const [maker, other] = [await open(listen(0)), await open(listen(1))];
    await sleep(300); // the stream for notifications is opened after initialize
    const made = await maker.call('gzip-file-as-resource', {
      name: parameters.name, data: 'data:text/plain;base64,aW50ZXJvcA==', outputType: 'resourceLink',
    });
    await waitUntil(() => told[0] > 0 && told[1] > 0);
    const uri = made.content[0].uri;
    const listed = (await names((p) => other.client.listResources(p), 'resources', 'uri')).includes(uri);
    const read = await outcome(async () => (await other.client.readResource({ uri })).contents[0].blob.length);
    await Promise.all([maker.close(), other.close()]);
    return { told, uri, listed, read };
  },

  /// A session whose stream is lost on the way hears of a change all the same.
  async lostStream() {
    let told = 0;
    const session = await open({ notifications: { 'notifications/resources/list_changed': () => { told += 1; } } });
    await waitUntil(() => told > 0);
    const echo = await outcome(() => session.text('echo', { message: 'still here' }));
    await session.close();
    return { told, echo };
  },

  /// A call given up by the client neither blocks nor answers a later one.
  async cancel() {
    const session = await open();
    const abort = new AbortController();
    const begun = Date.now();
    const operation = { duration: 1800, steps: 900 };
    const call = outcome(() => session.text('trigger-long-running-operation', operation, { signal: abort.signal }));
    await sleep(300);
    abort.abort('the user went away');
    const cancelled = await call;
    const echo = await outcome(() => session.text('echo', { message: 'after the cancel' }));
    await session.close();
    return { cancelled, echo, milliseconds: Date.now() - begun };
  },

  /// Streamable HTTP only: DELETE ends the session, and a request with the old id is refused.
  async terminate() {
    const session = await open();
    const sessionId = session.transport.sessionId;
    const ended = await outcome(() => session.transport.terminateSession());
    const idAfter = session.transport.sessionId ?? null;
    const stale = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json', accept: 'application/json, text/event-stream',
        'mcp-session-id': sessionId, 'mcp-protocol-version': session.protocolVersion,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    await stale.text();
    await session.close();
    return { sessionId, ended, idAfter, staleStatus: stale.status };
  },

  /// An open session that does nothing, until the program is killed.
  async idle() {
    await open();
    console.log('idle');
    await sleep(3_600_000);
  },

  /// A child of the session's own: what the server asks of the client reaches this client.
  async asked() {
    const session = await open({
      capabilities: { sampling: {}, elicitation: { form: {} }, roots: {} },
      requests: {
        'sampling/createMessage': async ({ params }) => ({
          role: 'assistant', model: 'interop-model', stopReason: 'endTurn',
          content: { type: 'text', text: `${parameters.answer}: ${params.messages.length} message(s)` },
        }),
        'elicitation/create': async () => ({ action: 'accept', content: { name: parameters.answer } }),
        'roots/list': async () => ({ roots: [{ uri: `file:///${parameters.answer}`, name: 'interop root' }] }),
      },
    });
    let tools = [];
    for (let attempt = 0; attempt < 20 && !tools.includes('trigger-sampling-request'); attempt += 1) {
      tools = (await session.client.listTools()).tools.map((tool) => tool.name);
      await sleep(100); // server-everything adds these tools a moment after initialize
    }
    const found = {
      tools,
      sampling: await outcome(() => session.text('trigger-sampling-request', { prompt: 'say something', maxTokens: 10 })),
      elicitation: await outcome(() => session.text('trigger-elicitation-request')),
      roots: await outcome(() => session.text('get-roots-list')),
    };
    await session.close();
    return found;
  },
};

try {
  const check = checks[checkName];
  if (!check) throw new Error(`unknown check ${checkName}; expected one of ${Object.keys(checks).join(', ')}`);
  console.log(JSON.stringify(await check()));
} catch (error) {
  console.log(JSON.stringify({ failed: describe(error) }));
  process.exit(1);
}
