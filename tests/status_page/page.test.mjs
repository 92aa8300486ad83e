// The status page in Chromium: what it shows, what it lets whom do, and for whom it can be used.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { card, head, launch, open, signIn, violations } from './browser.mjs';
import { Gateway, TOKEN, child, standIn } from './gateway.mjs';

let browser;
let gateway;
let page;

before(async () => {
  browser = await launch();
  gateway = await Gateway.start({ postgres: standIn('postgres'), fetch: standIn('fetch'), chaos: child('chaos.py'), hostile: child('hostile.py'),
    private: { ...child('chaos.py'), isolation: 'session' } }, { config: { loops: 2 }, ready: ['postgres', 'fetch', 'chaos', 'hostile'] });
});
after(async () => {
  await browser?.close();
  await gateway?.stop();
});
afterEach(async () => {
  const complaints = page?.complaints ?? [];
  await page?.context().close();
  page = undefined;
  assert.deepEqual(complaints.filter((text) => !/status of 401|status of 409/.test(text)), []);
});

const show = async (options) => (page = await open(browser, gateway.url, options));
const text = (locator) => locator.innerText();

describe('what everybody sees', () => {
  test('the whole, and each service with its state', async () => {
    await show();
    assert.equal(await text(page.getByRole('heading', { level: 2 }).first()), 'All is well');
    assert.match(await text(page.locator('#about')), /gateway-1 · version \S+ · up /);
    assert.match(await text(page.locator('#tiles')), /Healthy services\s+5 of 5/);
    assert.deepEqual(await page.locator('.service .name').allInnerTexts(), ['postgres', 'fetch', 'chaos', 'hostile', 'private']);
    assert.match(await text(head(page, 'postgres')), /ready/);
    assert.match(await text(head(page, 'private')), /on demand/);
  });

  test('tools with their schemas, and those that are searched for', async () => {
    await show();
    await head(page, 'postgres').click();
    const tools = card(page, 'postgres').locator('.tool');
    await tools.first().waitFor();
    assert.equal(await tools.count(), 3);
    await page.getByLabel('Search the tools of postgres').fill('INDEX');
    assert.deepEqual(await tools.locator('visible=true').locator('summary .mono').first().innerText(), 'list_tables');
    assert.equal(await card(page, 'postgres').locator('.tool:visible').count(), 1);
    await tools.nth(1).locator('summary').first().click();
    await tools.nth(1).getByText('Schema', { exact: true }).click();
    assert.match(await text(tools.nth(1).locator('pre').first()), /"default": "public"/);
  });

  test('calls as they are made, without a reload', async () => {
    await show();
    const client = await gateway.client('postgres');
    for (let i = 0; i < 20; i++) await client.call('execute_sql', { sql: 'SELECT 1' });
    await client.call('execute_sql', { fail: true });
    await head(page, 'postgres').getByRole('img', { name: /^2\d calls in the last 30 minutes, 1 of them failed$/ }).waitFor();
    assert.match(await text(head(page, 'postgres').locator('.figure').nth(3)), /^1\s+sessions/);
  });

  test('that the gateway is gone, and that it is back', async () => {
    const other = await Gateway.start({ fetch: standIn('fetch') });
    page = await open(browser, other.url);
    await other.stop();
    await page.getByRole('alert').filter({ hasText: 'Disconnected from the gateway' }).waitFor();
    assert.equal(await text(page.locator('#live')), 'disconnected');
    const again = await Gateway.start({ fetch: standIn('fetch') }, { ports: { admin: other.ports.admin } });
    await page.locator('.live[data-state=live]').waitFor();
    assert.equal(await page.getByRole('alert').filter({ hasText: 'Disconnected' }).count(), 0);
    page.complaints.length = 0; // of the time between
    await page.context().close();
    await again.stop();
  });

  test('what hostile children say of themselves, as text', async () => {
    await show();
    await signIn(page);
    await head(page, 'hostile').click();
    const tools = card(page, 'hostile').locator('.tool');
    await tools.first().waitFor();
    assert.equal(await tools.count(), 5); // one has no name
    for (let i = 0; i < 5; i++) await tools.nth(i).locator('summary').first().click();
    assert.equal(await text(tools.first().locator('summary bdi').first()), '<b>bold</b>');
    const say = tools.filter({ hasText: 'Answers with markup' });
    await say.getByRole('button', { name: 'Try it' }).click();
    await say.getByText('Done').waitFor();
    assert.match(await text(say.locator('pre').first()), /^<img src=x onerror=/);
    await card(page, 'hostile').locator('.list li', { hasText: 'onerror' }).first().waitFor();
    assert.equal(await page.evaluate(() => window.hostile), undefined);
    assert.equal(await page.locator('article img, article script').count(), 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  });
});

describe('who acts', () => {
  test('nobody without the token', async () => {
    await show();
    await head(page, 'chaos').click();
    await card(page, 'chaos').locator('.facts').waitFor();
    assert.equal(await page.getByRole('button', { name: /Restart|Drain/ }).locator('visible=true').count(), 0);
    assert.equal(await page.getByLabel('Log level').isVisible(), false);
    await card(page, 'chaos').locator('.tool').first().locator('summary').first().click();
    await card(page, 'chaos').getByText('Sign in to try it.').waitFor();
    await card(page, 'chaos').getByText('Sign in to read the log.').waitFor();
  });

  test('nobody with a wrong token', async () => {
    await show();
    await signIn(page, 'not the token');
    await page.getByRole('alert').filter({ hasText: 'This is not the admin token.' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    assert.equal(await page.getByRole('dialog').isVisible(), true);
  });

  test('whoever signed in, until the tab is closed or they sign out', async () => {
    await show();
    await signIn(page);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in to act' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });

  test('by restarting a child, once they are sure', async () => {
    await show();
    await signIn(page);
    await head(page, 'chaos').click();
    const { 'child.pid': pid } = await gateway.event('child.start', { server: 'chaos' });
    await card(page, 'chaos').getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await card(page, 'chaos').getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('status').filter({ hasText: 'chaos is being restarted.' }).waitFor();
    assert.equal((await gateway.event('child.exit', { server: 'chaos' }))['child.pid'], pid);
    await gateway.event('service.ready', { server: 'chaos' }, 2);
    assert.equal(gateway.events.filter((e) => e.event === 'service.restart').length, 1);
  });

  test('by draining a service and accepting sessions again', async () => {
    await show();
    await signIn(page);
    await head(page, 'fetch').click();
    await card(page, 'fetch').getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
    await head(page, 'fetch').locator('.pill', { hasText: 'drained' }).waitFor();
    assert.equal(await text(page.locator('#overall-title')), 'Degraded');
    await card(page, 'fetch').getByRole('button', { name: 'Accept sessions again' }).click();
    await head(page, 'fetch').locator('.pill', { hasText: 'ready' }).waitFor();
    await page.locator('#overall-title', { hasText: 'All is well' }).waitFor();
  });

  test('by changing the log level', async () => {
    await show();
    await signIn(page);
    await page.getByLabel('Log level').selectOption('debug');
    await page.getByRole('status').filter({ hasText: 'The log level is debug now.' }).waitFor();
    await gateway.client('fetch');
    await gateway.event('session.open');
    await page.getByLabel('Log level').selectOption('info');
    await page.getByRole('status').filter({ hasText: 'The log level is info now.' }).waitFor();
  });

  test('by trying a tool with a form made of its schema', async () => {
    await show();
    await signIn(page);
    await head(page, 'fetch').click();
    await card(page, 'fetch').locator('.tool summary').first().click();
    const form = page.getByRole('form', { name: 'Try fetch' });
    assert.equal(await form.getByLabel('max_length').inputValue(), '5000');
    await form.getByLabel('url (required)').fill('https://example.com/');
    await form.getByLabel('raw').check();
    await form.getByRole('button', { name: 'Try it' }).click();
    await form.getByText(/^Done in [\d.]+ m?s/).waitFor();
    const answer = JSON.parse(await text(form.locator('pre').first()));
    assert.deepEqual(answer.arguments, { url: 'https://example.com/', max_length: 5000, raw: true });

    await form.getByRole('button', { name: 'Edit as JSON' }).click();
    await form.getByLabel('Arguments of fetch as JSON').fill('{"fail": true}');
    await form.getByRole('button', { name: 'Try it' }).click();
    await form.getByText(/^The tool failed in /).waitFor();
    await form.getByLabel('Arguments of fetch as JSON').fill('{');
    await form.getByRole('button', { name: 'Try it' }).click();
    await form.locator('.result .bad').filter({ hasText: 'JSON' }).waitFor();
    assert.equal(gateway.events.filter((e) => e.event === 'request.done' && e.server === 'fetch' && e.method === 'tools/call').length, 0);
  });

  test('but no tool of a child that belongs to a client', async () => {
    const client = await gateway.client('private');
    await client.call('echo');
    await show();
    await signIn(page);
    await head(page, 'private').click();
    await card(page, 'private').locator('.tool summary').first().click();
    await card(page, 'private').getByText('Each client has a child of its own').waitFor();
  });
});

describe('for whom', () => {
  const OPEN = ['postgres', 'hostile'];
  const openAll = async () => {
    for (const name of OPEN) {
      await head(page, name).click();
      await card(page, name).locator('.tool summary').first().click();
      await card(page, name).locator('.list li').first().waitFor();
    }
  };

  for (const width of [360, 768, 1240]) {
    test(`a screen ${width} pixels wide, without scrolling sideways`, async () => {
      await show({ viewport: { width, height: 800 } });
      await signIn(page);
      await openAll();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    });
  }

  for (const colorScheme of ['light', 'dark']) {
    test(`readers with every need, in the ${colorScheme}: axe-core finds nothing`, async () => {
      await show({ colorScheme });
      assert.deepEqual(await violations(page), []);
      await signIn(page);
      await openAll();
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in to act' }).click();
      assert.deepEqual(await violations(page), []);
    });
  }

  test('the dark is dark', async () => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    await show({ colorScheme: 'dark' });
    assert.ok((await ground()).every((part) => part < 64));
    await page.emulateMedia({ colorScheme: 'light' });
    assert.ok((await ground()).every((part) => part > 192));
  });

  test('a keyboard alone is enough to sign in, find a tool and try it', async () => {
    await show();
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText);
    const tabTo = async (wanted) => {
      for (let i = 0; i < 60; i++) {
        if (wanted.test(await focused())) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`Tab does not come to ${wanted}; it is at ${await focused()}`);
    };
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to the services');
    await tabTo(/^Sign in to act/);
    await page.keyboard.press('Enter');
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    assert.match(await focused(), /Sign out/); // where it was before
    await tabTo(/postgres/);
    await page.keyboard.press('Enter');
    await card(page, 'postgres').locator('.tool').first().waitFor();
    await tabTo(/^execute_sql/);
    await page.keyboard.press('Enter');
    const form = page.getByRole('form', { name: 'Try execute_sql' });
    await form.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('SELECT 1');
    await page.keyboard.press('Enter');
    await form.getByText(/^Done in /).waitFor();
  });
});
