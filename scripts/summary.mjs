// Waits until the services of the quickstart are ready, then prints URLs and commands to copy:
//   node summary.mjs GATEWAY_PID PORT ADMIN_PORT SERVICE...
const [pid, port, adminPort, ...names] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}`;
const admin = `http://127.0.0.1:${adminPort}`;
const patience = 60_000;

const isRunning = () => { try { process.kill(+pid, 0); return true; } catch { return false; } };
const health = async () => {
  try { return (await (await fetch(`${admin}/health`, { signal: AbortSignal.timeout(2000) })).json()).servers ?? {}; }
  catch { return {}; }
};
const isSettled = (server) => server?.state === 'unavailable' || (server?.state === 'ready' && server.tools !== undefined);
const print = (...lines) => console.log(lines.join('\n'));

let servers = {}, waiting = names;
for (const start = Date.now(); waiting.length && Date.now() - start < patience;) {
  if (!isRunning()) process.exit(1);
  servers = await health();
  waiting = names.filter((name) => !isSettled(servers[name]));
  if (waiting.length) await new Promise((done) => setTimeout(done, 100));
}
if (!Object.keys(servers).length) { print(`No answer from ${admin}/health`); process.exit(1); }

const width = Math.max(...names.map((name) => name.length));
const url = (name, end) => `${base}/${name}/${end}`;
const column = base.length + width + 5;
const why = (server) => server?.reason ?? server?.last_error ?? 'see the log';
const row = (name) => servers[name]?.state === 'ready'
  ? `  ${name.padEnd(width)}  ${String(servers[name].tools).padStart(5)}  ${url(name, 'sse').padEnd(column)}  ${url(name, 'mcp')}`
  : `  ${name.padEnd(width)}  not ready: ${servers[name]?.state ?? 'unknown'}, ${why(servers[name])}`;
const litellm = (name) => `  ${name.replaceAll('-', '_')}: { transport: sse, url: "${url(name, 'sse')}" }`;
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { message: 'hello' } } };

print('', `  ${'service'.padEnd(width)}  tools  ${'SSE'.padEnd(column)}  Streamable HTTP`, ...names.map(row),
  '', 'For the config.yaml of LiteLLM, at its top level:', 'mcp_servers:', ...names.map(litellm),
  '', 'To call a tool:',
  `curl -sS ${url('everything', 'mcp')} -H 'Content-Type: application/json' \\`,
  `  -H 'Accept: application/json, text/event-stream' \\`,
  `  -d '${JSON.stringify(call)}'`,
  '', `Status page ${admin}/, health ${admin}/health, metrics ${admin}/metrics, log var/gateway.log.`);
