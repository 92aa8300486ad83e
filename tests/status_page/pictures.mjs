// Takes the pictures of the documentation: nine stand-ins under some traffic, seen in Chromium.
//
//   node pictures.mjs [MINUTES]      how long to let traffic draw the charts; they reach back half an hour
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { card, head, launch, open, signIn } from './browser.mjs';
import { Gateway, root, standIn } from './gateway.mjs';

const minutes = Number(process.argv[2] ?? 1);
const folder = process.env.PICTURES ?? path.join(root, 'docs/pictures');

// Calls a second at the most, seconds a call takes, and of a hundred how many fail.
const LOAD = { filesystem: [5, 0.002, 0], monitoring: [2, 0.03, 0], memory: [3, 0.01, 0], fetch: [1, 0.4, 2], postgres: [6, 0.015, 0.2],
  github: [0.6, 0.25, 4], playwright: [0.3, 1.2, 3], timescaledb: [1.5, 0.06, 0] };

async function load(gateway, name, ends) {
  const [rate, seconds, failing] = LOAD[name];
  const tool = { filesystem: 'read_text_file', fetch: 'fetch', postgres: 'execute_sql', playwright: 'browser_navigate' }[name] ?? 'search_nodes';
  const clients = [];
  for (let i = 0; i < 1 + rate; i++) clients.push(await gateway.client(name));
  const phase = name.length;
  for (let i = 0; !ends(); i++) {
    const busy = 0.55 + 0.45 * Math.sin(Date.now() / 150000 + phase);
    const wait = seconds * (0.5 + Math.random() * Math.random() * 3);
    void clients[i % clients.length].call(tool, { wait, fail: Math.random() * 100 < failing }).catch(() => {});
    await pause((1000 / rate / busy) * (0.4 + 1.2 * Math.random()));
  }
}

mkdirSync(folder, { recursive: true });
const services = Object.fromEntries(['filesystem', 'monitoring', 'memory', 'fetch', 'postgres', 'github', 'n8n', 'playwright', 'timescaledb']
  .map((name) => [name, standIn(name)]));
services.n8n.needs = [{ variable: 'N8N_API_KEY', for: 'the workflows of an n8n' }];
const gateway = await Gateway.start(services, { config: { loops: 2 }, ready: Object.keys(LOAD) });
let over = false;
const loads = Object.keys(LOAD).map((name) => load(gateway, name, () => over));
await pause(minutes * 60000);

const browser = await launch();
const take = async (name, options, prepare) => {
  const page = await open(browser, gateway.url, options);
  await prepare?.(page);
  await page.locator('#log li, #log p').first().waitFor();
  await page.screenshot({ path: path.join(folder, name) });
  await page.context().close();
};
await take('status.png', { viewport: { width: 1240, height: 940 } });
await take('status-dark.png', { viewport: { width: 1240, height: 1100 }, colorScheme: 'dark' }, async (page) => {
  await signIn(page);
  await head(page, 'fetch').click();
  await card(page, 'fetch').locator('.tool summary').first().click();
  const form = page.getByRole('form', { name: 'Try fetch' });
  await form.getByLabel('url (required)').fill('https://modelcontextprotocol.io/');
  await form.getByRole('button', { name: 'Try it' }).click();
  await form.getByText(/^Done in /).waitFor();
  await head(page, 'fetch').evaluate((element) => window.scrollTo(0, element.getBoundingClientRect().top - 24));
});
await take('status-phone.png', { viewport: { width: 360, height: 780 }, deviceScaleFactor: 1.5 });
await browser.close();
over = true;
await Promise.all(loads);
await gateway.stop();
