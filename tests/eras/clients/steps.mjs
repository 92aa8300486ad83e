// The steps of a TypeScript client, over a face that has the same calls on both generations of the SDK. What the
// outcomes mean is in ../README.md.

import { setTimeout as sleep } from 'node:timers/promises';

const stepLimit = 240_000;
const noticeLimit = 120_000;
const stateLimit = 120_000;
const watched = 'eras://watched';

export const answers = {
  sample: () => ({ role: 'assistant', model: 'eras', content: { type: 'text', text: 'I am eras' } }),
  elicit: ({ mode }) => (mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name: 'eras' } }),
  roots: () => ({ roots: [{ uri: 'file:///eras' }] }),
};

const textOf = (result) => {
  const text = result.content.map((block) => block.text ?? '').join();
  if (result.isError) throw new Error(text);
  return text;
};

function expect(found, wanted) {
  if (found !== wanted) throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

function reasonOf(error) {
  const message = String(error?.message ?? error);
  return error?.code === undefined || message.includes(error.code) ? message : `${error.code}: ${message}`;
}

async function within(limit, promise) {
  const clock = new AbortController();
  const late = sleep(limit, undefined, { signal: clock.signal }).then(() => { throw new Error(`no end in ${limit / 1000} s`); });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    clock.abort();
  }
}

function stepsOf(face, notices) {
  const call = async (name, args, options) => textOf(await face.call(name, args, options));
  const hear = async (method) => {
    const end = Date.now() + noticeLimit;
    while (!notices.includes(method)) {
      if (Date.now() > end) throw new Error('nothing came');
      await sleep(20);
    }
  };
  return {
    tools: async () => expect((await face.tools()).includes('echo'), true),
    call: async () => expect(await call('echo', { message: 'eras' }), 'eras'),
    progress: async () => {
      let steps = 0;
      await call('steps', {}, { onprogress: () => { steps += 1; } });
      if (steps === 0) throw new Error('nothing came');
    },
    log: async () => {
      await face.setLevel?.('info');
      await call('log', {}, { logLevel: 'info' });
      await hear('notifications/message');
    },
    subscribe: async () => {
      await face.subscribe(watched);
      await call('touch');
      await hear('notifications/resources/updated');
    },
    list_changed: async () => {
      await face.watchTools?.();
      await call('grow');
      await hear('notifications/tools/list_changed');
      if (!(await face.tools()).some((name) => name.startsWith('grown'))) throw new Error('told, but the list is the old one');
    },
    sampling: async () => expect(await call('sample'), 'I am eras'),
    form: async () => expect(await call('form'), 'accept eras'),
    url: async () => expect(await call('link'), 'accept'),
    roots: async () => expect(await call('roots'), 'file:///eras'),
    completion: async () => expect((await face.complete('pa')).join(), 'paris,park'),
    error: async () => {
      const error = await face.read('eras://none').then(() => undefined, (caught) => caught);
      if (error === undefined) throw new Error('no error');
      if (![-32002, -32602].includes(error.code) || !error.message.includes('no such resource')) throw error;
    },
    cancel: async () => {
      const key = crypto.randomUUID();
      const reach = async (state) => {
        const end = Date.now() + stateLimit;
        while (await call('state', { key }) !== state) {
          if (Date.now() > end) throw new Error(`the call is not ${state} at the server`);
          await sleep(50);
        }
      };
      const stop = new AbortController();
      const waiting = call('wait', { key }, { signal: stop.signal }).catch(() => {});
      await reach('waiting');
      stop.abort();
      await waiting;
      await reach('cancelled');
    },
  };
}

function print(found) {
  console.log(JSON.stringify(found));
}

/// Runs all steps one after the other, prints their outcomes as one JSON object, and then that of leaving as another.
/// `open` takes a function for notifications and returns a connected face.
export async function run(open) {
  const notices = [];
  let face;
  try {
    face = await within(2 * stepLimit, open((method) => notices.push(method)));
  } catch (error) {
    print({ connect: `no: ${reasonOf(error)}` });
    return;
  }
  const found = { connect: face.revision() };
  for (const [name, step] of Object.entries(stepsOf(face, notices))) {
    found[name] = await within(stepLimit, step()).then(() => 'yes', (error) => `no: ${reasonOf(error)}`);
  }
  print(found);
  print({ close: await within(stepLimit, face.close()).then(() => 'yes', (error) => `no: ${reasonOf(error)}`) });
}
