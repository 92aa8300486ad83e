// Every step with the TypeScript SDK 2:  node typescript2.mjs URL sse|http|stdio legacy|auto|2026-07-28
// With stdio, the URL is a command in JSON: a child without the gateway.

import {
  Client, LOG_LEVEL_META_KEY, SSEClientTransport, SUBSCRIPTION_ID_META_KEY, StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { answers, run } from './steps.mjs';

const [url, transportKind, mode] = process.argv.slice(2);
const makeTransport = {
  sse: () => new SSEClientTransport(new URL(url)),
  http: () => new StreamableHTTPClientTransport(new URL(url)),
  stdio: () => new StdioClientTransport(JSON.parse(url)),
}[transportKind];

run(async (heard) => {
  const client = new Client({ name: 'eras', version: '1.0.0' }, {
    capabilities: { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} },
    versionNegotiation: { mode: mode === 'legacy' || mode === 'auto' ? mode : { pin: mode } },
  });
  client.setRequestHandler('sampling/createMessage', ({ params }) => answers.sample(params));
  client.setRequestHandler('elicitation/create', ({ params }) => answers.elicit(params));
  client.setRequestHandler('roots/list', () => answers.roots());
  let isModern = false;
  client.setNotificationHandler('notifications/message', ({ method }) => heard(method));
  for (const change of ['notifications/resources/updated', 'notifications/tools/list_changed']) {
    client.setNotificationHandler(change, ({ method, params }) => {
      // There, a change that does not belong to a subscription does not count.
      if (!isModern || params?._meta?.[SUBSCRIPTION_ID_META_KEY] !== undefined) heard(method);
    });
  }
  await client.connect(makeTransport());
  isModern = client.getNegotiatedProtocolVersion() >= '2026-07-28';
  const metaOf = ({ logLevel }) => (isModern && logLevel ? { _meta: { [LOG_LEVEL_META_KEY]: logLevel } } : {});
  return {
    revision: () => client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools(undefined, { cacheMode: 'refresh' })).tools.map((tool) => tool.name),
    call: (name, args, options = {}) => client.callTool({ name, arguments: args, ...metaOf(options) }, options),
    setLevel: isModern ? undefined : (level) => client.setLoggingLevel(level),
    subscribe: (uri) => (isModern ? client.listen({ resourceSubscriptions: [uri] }) : client.subscribeResource({ uri })),
    watchTools: isModern ? () => client.listen({ toolsListChanged: true }) : undefined,
    complete: async (value) => (await client.complete({
      ref: { type: 'ref/prompt', name: 'topics' }, argument: { name: 'topic', value },
    })).completion.values,
    read: (uri) => client.readResource({ uri }),
    close: () => client.close(),
  };
});
