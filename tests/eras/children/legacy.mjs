// An MCP server of the revisions with sessions, on the TypeScript SDK 1. It has what ../README.md says of every child.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as types from '@modelcontextprotocol/sdk/types.js';

const watched = 'eras://watched';
const pause = 50; // milliseconds after each progress, as some clients forget what comes together with the answer
const object = { type: 'object' };
const fields = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

const server = new Server({ name: 'eras-legacy', version: '1.0.0' }, {
  capabilities: {
    tools: { listChanged: true }, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {},
  },
});

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const fileOf = (key) => join(process.env.ERAS_FOLDER, `wait-${key}`);
let grown = 0;

const tools = {
  echo: ({ message }) => text(message),
  steps: async (_, extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [1, 2, 3]) {
      const params = { progressToken, progress, total: 3 };
      if (progressToken !== undefined) await extra.sendNotification({ method: 'notifications/progress', params });
      await sleep(pause);
    }
    return text('done');
  },
  wait: ({ key }, extra) => new Promise((_, reject) => {
    const end = () => {
      writeFileSync(fileOf(key), 'cancelled');
      reject(new Error('cancelled'));
    };
    writeFileSync(fileOf(key), 'waiting');
    extra.signal.addEventListener('abort', end);
    process.once('exit', end); // a child of one client is stopped instead
    if (extra.signal.aborted) end();
  }),
  state: ({ key }) => text(existsSync(fileOf(key)) ? readFileSync(fileOf(key), 'utf8') : 'none'),
  log: async (_, extra) => {
    await extra.sendNotification({ method: 'notifications/message', params: { level: 'warning', data: 'eras' } });
    return text('logged');
  },
  touch: async () => {
    await server.sendResourceUpdated({ uri: watched });
    return text('touched');
  },
  grow: async () => {
    grown += 1;
    await server.sendToolListChanged();
    return text('grown');
  },
  sample: async () => {
    const message = { role: 'user', content: { type: 'text', text: 'Who are you?' } };
    const answer = await server.createMessage({ messages: [message], maxTokens: 10 });
    return text(answer.content.text);
  },
  form: async () => text(described(await server.elicitInput({ mode: 'form', message: 'Your name?', requestedSchema: fields }))),
  link: async () => text(described(await server.elicitInput({
    mode: 'url', message: 'Open this', url: 'https://example.com/', elicitationId: 'eras-1',
  }))),
  roots: async () => text((await server.listRoots()).roots.map((root) => root.uri).join()),
};

function described(answer) {
  return `${answer.action} ${answer.content?.name ?? ''}`.trim();
}

server.setRequestHandler(types.ListToolsRequestSchema, () => ({
  tools: [...Object.keys(tools), ...Array.from({ length: grown }, (_, index) => `grown-${index + 1}`)]
    .map((name) => ({ name, inputSchema: object })),
}));
server.setRequestHandler(types.CallToolRequestSchema, ({ params }, extra) => tools[params.name](params.arguments ?? {}, extra));
server.setRequestHandler(types.ListResourcesRequestSchema, () => ({ resources: [{ uri: watched, name: 'watched' }] }));
server.setRequestHandler(types.ReadResourceRequestSchema, ({ params: { uri } }) => {
  if (uri !== watched) throw new types.McpError(-32002, 'no such resource', { uri });
  return { contents: [{ uri, text: 'content' }] };
});
server.setRequestHandler(types.SubscribeRequestSchema, () => ({}));
server.setRequestHandler(types.UnsubscribeRequestSchema, () => ({}));
server.setRequestHandler(types.ListPromptsRequestSchema, () => ({
  prompts: [{ name: 'topics', arguments: [{ name: 'topic', required: true }] }],
}));
server.setRequestHandler(types.CompleteRequestSchema, ({ params }) => ({
  completion: { values: ['paris', 'park', 'tree'].filter((word) => word.startsWith(params.argument.value)) },
}));

process.on('SIGTERM', () => process.exit());
await server.connect(new StdioServerTransport());
