// Debian's Chromium, and a page of it that must not complain.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { TOKEN } from './gateway.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = (...more) => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', ...more] });

// Whatever the page logs as an error (a violated policy too) is in `page.complaints`.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1240, height: 900 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') page.complaints.push(message.text());
  });
  page.setDefaultTimeout(120000);
  await page.goto(url);
  await page.locator('.live[data-state=live]').waitFor();
  return page;
}

export async function signIn(page, token = TOKEN) {
  await page.getByRole('button', { name: 'Sign in to act' }).click();
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export const card = (page, name) => page.getByRole('article', { name, exact: true });
export const head = (page, name) => card(page, name).locator('.head');

// What axe-core finds, in words. The page's policy lets no script in from outside, so it comes by the debugger.
export async function violations(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axeSource });
  const run = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document, {resultTypes: ["violations"]}).then((found) => JSON.stringify(found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).join("; "))))',
    awaitPromise: true });
  return JSON.parse(run.result.value);
}
