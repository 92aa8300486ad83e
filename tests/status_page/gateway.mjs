// A gateway for a test of its page: started with a configuration, watched by its log, ended with its children.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../..');
export const TOKEN = 'the-token-of-the-operator';
const program = process.env.MCP_GATEWAY ?? path.join(root, 'build/mcp-gateway');
const python = process.env.PYTHON ?? '/usr/bin/python3';

export const standIn = (name, more) => ({ command: python, args: ['-I', '-S', path.join(here, 'stand_in.py'), name], ...more });
export const child = (name, ...args) => ({ command: python, args: ['-I', '-S', path.join(root, 'tests/children', name), ...args] });

export class Gateway {
  events = [];
  waiting = [];

  // `config` beside the listeners; returns when the services in `ready` are.
  static async start(services, { config = {}, ready = Object.keys(services), ports = {} } = {}) {
    const gateway = new Gateway();
    const folder = mkdtempSync(path.join(tmpdir(), 'mcp-gateway-'));
    const file = path.join(folder, 'gateway.json');
    const listen = (name) => `127.0.0.1:${ports[name] ?? 0}`;
    writeFileSync(file, JSON.stringify({
      gateway: { listen: listen('main'), admin_listen: listen('admin'), admin_token: TOKEN, drain_timeout: '100ms', instance_id: 'gateway-1', ...config },
      mcpServers: services,
    }));
    gateway.process = spawn(program, ['run', '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    gateway.ended = new Promise((resolve) => gateway.process.once('exit', resolve));
    readline.createInterface({ input: gateway.process.stderr }).on('line', (line) => gateway.heard(line));
    await gateway.event('gateway.start');
    rmSync(folder, { recursive: true });
    gateway.ports = Object.fromEntries(gateway.events.filter((e) => e.event === 'listener.ready').map((e) => [e.listener, e.port]));
    for (const server of ready) await gateway.event('service.tools', { server });
    return gateway;
  }

  heard(line) {
    this.events.push(JSON.parse(line));
    for (const look of [...this.waiting]) look();
  }

  // The `count`th event of that name and with these fields, now or later.
  event(name, fields = {}, count = 1) {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no ${name} ${JSON.stringify(fields)} in time`)), 120000);
      const look = () => {
        const found = this.events.filter((e) => e.event === name && Object.entries(fields).every(([k, v]) => e[k] === v));
        if (found.length < count) return;
        clearTimeout(limit);
        this.waiting.splice(this.waiting.indexOf(look), 1);
        resolve(found[count - 1]);
      };
      this.waiting.push(look);
      look();
    });
  }

  get url() {
    return `http://127.0.0.1:${this.ports.admin}`;
  }

  // A session of a service: call(tool, arguments) gives the whole answer.
  async client(service) {
    const url = `http://127.0.0.1:${this.ports.main}/${service}/mcp`;
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
    const post = (body) => fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...body }) });
    const first = await post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } } });
    await first.text();
    headers['Mcp-Session-Id'] = first.headers.get('mcp-session-id');
    let id = 1;
    return { call: async (name, args = {}) => (await post({ id: ++id, method: 'tools/call', params: { name, arguments: args } })).text() };
  }

  async stop() {
    this.process.kill('SIGTERM');
    const code = await this.ended;
    if (code !== 0) throw new Error(`the gateway ended with ${code}`);
  }
}
