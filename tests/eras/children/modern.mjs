// An MCP server of the stateless revision only, on the TypeScript SDK 2. It has what ../README.md says of every child.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const watched = 'eras://watched';
const pause = 50; // milliseconds after each progress, as some clients forget what comes together with the answer
const object = { type: 'object' };
const fields = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const fileOf = (key) => join(process.env.ERAS_FOLDER, `wait-${key}`);
let grown = 0;

const tools = {
  echo: ({ message }) => text(message),
  steps: async (_, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [1, 2, 3]) {
      const params = { progressToken, progress, total: 3 };
      if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params });
      await sleep(pause);
    }
    return text('done');
  },
  wait: ({ key }, { mcpReq }) => new Promise((_, reject) => {
    const end = () => {
      writeFileSync(fileOf(key), 'cancelled');
      reject(new Error('cancelled'));
    };
    writeFileSync(fileOf(key), 'waiting');
    mcpReq.signal.addEventListener('abort', end);
    process.once('exit', end); // a child of one client is stopped instead
    if (mcpReq.signal.aborted) end();
  }),
  state: ({ key }) => text(existsSync(fileOf(key)) ? readFileSync(fileOf(key), 'utf8') : 'none'),
  log: async (_, { mcpReq }) => {
    await mcpReq.log('warning', 'eras');
    return text('logged');
  },
  touch: async (_, __, server) => {
    await server.sendResourceUpdated({ uri: watched });
    return text('touched');
  },
  grow: async (_, __, server) => {
    grown += 1;
    await server.sendToolListChanged();
    return text('grown');
  },
  sample: (_, { mcpReq }) => asked(mcpReq, ({ result }) => result.content.text, inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: 'Who are you?' } }], maxTokens: 10,
  })),
  form: (_, { mcpReq }) => asked(mcpReq, described, inputRequired.elicit({ message: 'Your name?', requestedSchema: fields })),
  link: (_, { mcpReq }) => asked(mcpReq, described, inputRequired.elicitUrl({ message: 'Open this', url: 'https://example.com/' })),
  roots: (_, { mcpReq }) => asked(mcpReq, ({ roots }) => roots.map((root) => root.uri).join(), inputRequired.listRoots()),
};

/// The text made of the client's answer, or the question if it has not been answered yet.
function asked(mcpReq, read, question) {
  const answer = inputResponse(mcpReq.inputResponses, 'question');
  return answer.kind === 'missing' ? inputRequired({ inputRequests: { question } }) : text(read(answer));
}

function described(answer) {
  return `${answer.action} ${answer.content?.name ?? ''}`.trim();
}

function makeServer() {
  const server = new Server({ name: 'eras-modern', version: '1.0.0' }, {
    capabilities: {
      tools: { listChanged: true }, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {},
    },
  });
  server.setRequestHandler('tools/list', () => ({
    tools: [...Object.keys(tools), ...Array.from({ length: grown }, (_, index) => `grown-${index + 1}`)]
      .map((name) => ({ name, inputSchema: object })),
  }));
  server.setRequestHandler('tools/call', ({ params }, context) => tools[params.name](params.arguments ?? {}, context, server));
  server.setRequestHandler('resources/list', () => ({ resources: [{ uri: watched, name: 'watched' }] }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    if (uri !== watched) throw Object.assign(new Error('no such resource'), { code: -32602, data: { uri } });
    return { contents: [{ uri, text: 'content' }] };
  });
  server.setRequestHandler('prompts/list', () => ({
    prompts: [{ name: 'topics', arguments: [{ name: 'topic', required: true }] }],
  }));
  server.setRequestHandler('completion/complete', ({ params }) => ({
    completion: { values: ['paris', 'park', 'tree'].filter((word) => word.startsWith(params.argument.value)) },
  }));
  return server;
}

process.on('SIGTERM', () => process.exit());
serveStdio(makeServer, { legacy: 'reject' });
