// A page of another site in Chromium, which tries to reach a gateway of the machine it is looked at from: by its address,
// and by a name of its own that it has made point to that machine (DNS rebinding).
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { Gateway, child } from './gateway.mjs';

let browser;
let gateway;
let site;

before(async () => {
  browser = await launch('--host-resolver-rules=MAP evil.test 127.0.0.1');
  gateway = await Gateway.start({ chaos: child('chaos.py') }, { config: { log: { level: 'debug' } } });
  site = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<title>evil</title>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => site.once('listening', resolve));
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
  site?.close();
});

async function newPage() {
  const page = await browser.newPage();
  page.setDefaultTimeout(120000);
  return page;
}

// In the page: what becomes of a request, and of a stream.
const requested = (page, url, options) => page.evaluate(async ([url, options]) => {
  try {
    const response = await fetch(url, options);
    return response.type === 'opaque' ? 'unreadable' : response.status;
  } catch {
    return 'blocked';
  }
}, [url, options]);
const streamed = (page, url) => page.evaluate((url) => new Promise((resolve) => {
  const source = new EventSource(url);
  source.addEventListener('endpoint', () => resolve('open'));
  source.addEventListener('error', () => resolve('blocked'));
}), url);

const INITIALIZE = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'evil', version: '1' } } });
const post = (type, more) => ({ method: 'POST', headers: { 'Content-Type': type, Accept: 'application/json, text/event-stream' }, body: INITIALIZE, ...more });

const opened = () => gateway.events.filter((event) => event.event === 'session.open');

test('by its address, it opens no session and reads no answer', async () => {
  const page = await newPage();
  await page.goto(`http://evil.test:${site.address().port}/`);
  for (const [listener, path] of [['main', '/chaos/mcp'], ['admin', '/health'], ['admin', '/api/status']]) {
    const url = `http://127.0.0.1:${gateway.ports[listener]}${path}`;
    assert.equal(await requested(page, url), 'blocked', url);
    assert.equal(await requested(page, url, post('application/json')), 'blocked', url);
    assert.match(await requested(page, url, post('text/plain', { mode: 'no-cors' })), /unreadable|blocked/, url);
  }
  assert.equal(await streamed(page, `http://127.0.0.1:${gateway.ports.main}/chaos/sse`), 'blocked');
  await gateway.event('auth.denied', { reason: 'origin' });
  assert.deepEqual(opened(), []);
});

test('by a name of its own, it is of the same origin, and opens no session all the same', async () => {
  const page = await newPage();
  for (const listener of ['main', 'admin']) {
    for (const path of ['/chaos/sse', '/health', '/metrics', '/api/status', '/', '/chaos/mcp']) {
      const answered = await page.goto(`http://evil.test:${gateway.ports[listener]}${path}`);
      assert.ok([403, 404, 421].includes(answered.status()), `${listener} ${path}: ${answered.status()}`);
    }
    const status = await requested(page, '/chaos/mcp', post('application/json'));
    assert.ok([403, 404, 421, 'blocked'].includes(status), `${listener}: ${status}`);
  }
  await gateway.event('auth.denied', { reason: 'host' });
  assert.deepEqual(opened(), []);
});

test('a page of the machine itself, whose origin is allowed, is let in', async () => {
  const page = await newPage();
  await page.goto(`http://127.0.0.1:${gateway.ports.main}/`);
  assert.equal(await requested(page, '/chaos/mcp', post('application/json')), 200);
  assert.equal(await streamed(page, '/chaos/sse'), 'open');
  // The page may have its answer before the log has told it.
  await gateway.event('session.open', {}, 2);
  assert.equal(opened().length, 2);
});
