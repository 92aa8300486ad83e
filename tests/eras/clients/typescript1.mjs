// Every step with the TypeScript SDK 1:  node typescript1.mjs URL sse|http legacy

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as types from '@modelcontextprotocol/sdk/types.js';
import { answers, run } from './steps.mjs';

const [url, transportKind] = process.argv.slice(2);
const Transport = { sse: SSEClientTransport, http: StreamableHTTPClientTransport }[transportKind];

run(async (heard) => {
  const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
  const client = new Client({ name: 'eras', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(types.CreateMessageRequestSchema, ({ params }) => answers.sample(params));
  client.setRequestHandler(types.ElicitRequestSchema, ({ params }) => answers.elicit(params));
  client.setRequestHandler(types.ListRootsRequestSchema, () => answers.roots());
  for (const schema of [types.LoggingMessageNotificationSchema, types.ResourceUpdatedNotificationSchema,
    types.ToolListChangedNotificationSchema]) {
    client.setNotificationHandler(schema, ({ method }) => heard(method));
  }
  const transport = new Transport(new URL(url));
  await client.connect(transport);
  return {
    revision: () => transport.protocolVersion ?? transport._protocolVersion,
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
    setLevel: (level) => client.setLoggingLevel(level),
    subscribe: (uri) => client.subscribeResource({ uri }),
    complete: async (value) => (await client.complete({
      ref: { type: 'ref/prompt', name: 'topics' }, argument: { name: 'topic', value },
    })).completion.values,
    read: (uri) => client.readResource({ uri }),
    close: () => client.close(),
  };
});
