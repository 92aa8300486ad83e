// oidc-provider as the authorization server of the tests: anybody can register a client and log in under any name.
// Prints its issuer. POST /control with JSON changes it: {"keys": n} publishes and signs with other keys, {"away": true}
// answers everything else with 503, {"skew": s} issues tokens that are valid from s seconds from now on, {"audience": a}
// issues tokens for a to clients that do not say for what, {"revoke": token} revokes an opaque token.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import process from 'node:process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.OAUTH_PROGRAMS}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const algorithm = process.argv[2] ?? 'RS256';
const format = process.argv[3] ?? 'jwt';
const state = { keys: 0, away: false, skew: 0 };

function keys(generation) {
  const made = {
    RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
  }[algorithm]();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = (pair, kid, alg) => ({ ...pair.privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg });
  const main = jwk(made, `main-${generation}`, algorithm);
  // ID tokens are signed with RS256, whatever access tokens are.
  return { keys: algorithm === 'RS256' ? [main] : [main, jwk(rsa, `id-${generation}`, 'RS256')] };
}

function provider(issuer, generation) {
  const made = new Provider(issuer, {
    jwks: keys(generation),
    clients: [
      { client_id: 'gateway', client_secret: 'secret-of-the-gateway', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'] },
      { client_id: 'agent', client_secret: 'secret-of-the-agent', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'] },
      { client_id: 'desktop', token_endpoint_auth_method: 'none', application_type: 'native',
        redirect_uris: ['http://localhost/oauth/callback', 'http://127.0.0.1/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'] },
    ],
    scopes: ['openid', 'offline_access', 'mcp', 'echo:use'],
    cookies: { keys: ['for tests'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    responseTypes: ['code'],
    pkce: { required: () => true },
    ttl: { AccessToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    formats: {
      customizers: {
        jwt: (_, __, parts) => {
          if (state.skew !== 0) parts.payload.nbf = Math.floor(Date.now() / 1000) + state.skew;
          return parts;
        },
      },
    },
    features: {
      devInteractions: { enabled: true },
      registration: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => state.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'mcp echo:use', audience: resource, accessTokenFormat: format,
          ...(format === 'jwt' ? { jwt: { sign: { alg: algorithm } } } : {}),
        }),
      },
    },
  });
  made.on('server_error', (_, error) => process.stderr.write(`${error.stack}\n`));
  return made;
}

let current;
let answer;
function use(made) {
  current = made;
  answer = made.callback();
}

const server = createServer((request, response) => {
  if (request.url !== '/control') {
    if (!state.away) return answer(request, response);
    response.writeHead(503).end();
    return undefined;
  }
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', async () => {
    const before = state.keys;
    const { revoke, ...changes } = JSON.parse(body);
    Object.assign(state, changes);
    if (state.keys !== before) use(provider(server.issuer, state.keys));
    if (revoke !== undefined) await (await current.AccessToken.find(revoke)).destroy();
    response.end('{}');
  });
  return undefined;
});
server.listen(0, '127.0.0.1', () => {
  server.issuer = `http://127.0.0.1:${server.address().port}`;
  use(provider(server.issuer, 0));
  process.stdout.write(`${server.issuer}\n`);
});
