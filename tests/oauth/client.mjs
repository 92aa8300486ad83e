// The TypeScript SDK's client with its OAuth, driven by lines: it prints {"authorize": URL}, reads {"code": ..., "state": ...};
// afterwards "call" is answered {"text": ...} or {"error": ...}, and the token it has is told by "token".
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.OAUTH_PROGRAMS}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load('@modelcontextprotocol/sdk/client/index.js');
const { StreamableHTTPClientTransport } = await load('@modelcontextprotocol/sdk/client/streamableHttp.js');
const { UnauthorizedError } = await load('@modelcontextprotocol/sdk/client/auth.js');

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value;

const kept = {};
const provider = {
  redirectUrl: 'http://127.0.0.1:1/callback',
  clientMetadata: { client_name: 'test', redirect_uris: ['http://127.0.0.1:1/callback'], token_endpoint_auth_method: 'none',
                    grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  redirectToAuthorization: (url) => say({ authorize: url.href }),
};

const transport = () => new StreamableHTTPClientTransport(new URL(process.argv[2]), { authProvider: provider });
let client = new Client({ name: 'test', version: '1' });
const first = transport();
try {
  await client.connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  await first.finishAuth(JSON.parse(await next()).code);
  client = new Client({ name: 'test', version: '1' });
  await client.connect(transport());
}
say({ connected: true });
for (let line = await next(); line !== undefined; line = await next()) {
  if (line === 'token') {
    say({ token: kept.tokens.access_token });
  } else {
    try {
      const result = await client.callTool({ name: 'echo', arguments: { text: 'in' } });
      say({ text: result.content[0].text });
    } catch (error) {
      say({ error: String(error) });
    }
  }
}
process.exit(0);
