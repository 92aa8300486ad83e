// The two generations of the TypeScript SDK behind one small face, so that every check is written once.
//   v1: @modelcontextprotocol/sdk          v2: @modelcontextprotocol/client
// Only what differs between them is here; nothing is added to what the SDKs do.

const requestOptions = { timeout: 60_000 };

async function loadVersion1() {
  const [{ Client }, { SSEClientTransport }, { StreamableHTTPClientTransport }, types] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/client/sse.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ]);
  const notificationSchemas = {
    'notifications/resources/updated': types.ResourceUpdatedNotificationSchema,
    'notifications/resources/list_changed': types.ResourceListChangedNotificationSchema,
    'notifications/tools/list_changed': types.ToolListChangedNotificationSchema,
    'notifications/message': types.LoggingMessageNotificationSchema,
  };
  const requestSchemas = {
    'sampling/createMessage': types.CreateMessageRequestSchema,
    'elicitation/create': types.ElicitRequestSchema,
    'roots/list': types.ListRootsRequestSchema,
  };
  return {
    Client,
    SSEClientTransport,
    StreamableHTTPClientTransport,
    clientOptions: (options) => ({ capabilities: options.capabilities ?? {} }),
    call: (client, params, options) => client.callTool(params, undefined, { ...requestOptions, ...options }),
    onNotification: (client, method, handler) => client.setNotificationHandler(notificationSchemas[method], handler),
    onRequest: (client, method, handler) => client.setRequestHandler(requestSchemas[method], handler),
    protocolVersion: (client, transport) => transport.protocolVersion ?? transport._protocolVersion,
    rawRequest: (client, method) => client.request({ method }, types.EmptyResultSchema, requestOptions),
  };
}

async function loadVersion2() {
  const { Client, SSEClientTransport, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const { z } = await import('zod');
  return {
    Client,
    SSEClientTransport,
    StreamableHTTPClientTransport,
    clientOptions: (options) => ({
      capabilities: options.capabilities ?? {},
      ...(options.auto ? { versionNegotiation: { mode: 'auto' } } : {}),
    }),
    call: (client, params, options) => client.callTool(params, { ...requestOptions, ...options }),
    onNotification: (client, method, handler) => client.setNotificationHandler(method, handler),
    onRequest: (client, method, handler) => client.setRequestHandler(method, handler),
    protocolVersion: (client) => client.getNegotiatedProtocolVersion(),
    rawRequest: (client, method) => client.request({ method }, z.looseObject({}), requestOptions),
  };
}

export async function loadSdk(generation) {
  if (generation === 'v1') return loadVersion1();
  if (generation === 'v2') return loadVersion2();
  throw new Error(`unknown SDK generation ${generation}; expected v1 or v2`);
}

/// One MCP session: a client and its transport, connected and initialized.
export class Session {
  static async open(sdk, transportKind, url, options = {}) {
    const session = new Session();
    session.sdk = sdk;
    session.errors = [];
    session.client = new sdk.Client({ name: 'interop', version: '1.0.0' }, sdk.clientOptions(options));
    session.client.onerror = (error) => session.errors.push(String(error?.message ?? error));
    for (const [method, handler] of Object.entries(options.requests ?? {})) {
      sdk.onRequest(session.client, method, handler);
    }
    for (const [method, handler] of Object.entries(options.notifications ?? {})) {
      sdk.onNotification(session.client, method, handler);
    }
    const Transport = { sse: sdk.SSEClientTransport, http: sdk.StreamableHTTPClientTransport }[transportKind];
    if (!Transport) throw new Error(`unknown transport ${transportKind}; expected sse or http`);
    session.transport = new Transport(new URL(url));
    await session.client.connect(session.transport, { timeout: 30_000 });
    return session;
  }

  call(name, args = {}, options = {}) {
    return this.sdk.call(this.client, { name, arguments: args }, options);
  }

  async text(name, args, options) {
    const result = await this.call(name, args, options);
    return textOf(result);
  }

  get protocolVersion() {
    return this.sdk.protocolVersion(this.client, this.transport);
  }

  close() {
    return this.client.close();
  }
}

export function textOf(result) {
  return (result.content ?? []).filter((block) => block.type === 'text').map((block) => block.text).join('\n');
}
