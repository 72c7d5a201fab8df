import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

/** Notes what is asked of it, and takes 100 ms for its first batch. */
async function* batches(asked: string[]): AsyncGenerator<number, void, undefined> {
  try {
    asked.push('first');
    await sleep(100);
    yield 0;
    asked.push('second');
    yield 1;
  } finally {
    asked.push('closed');
  }
}

test('the first batch is requested at once, and other work meanwhile does not count as waiting', async () => {
  const pace = new Pace();
  const asked: string[] = [];
  const passed = pace.waitFor(batches(asked));
  expect(asked).toEqual(['first']);
  await sleep(200);
  expect(await passed.next()).toEqual({ done: false, value: 0 });
  expect(pace.sums.waiting).toBeLessThan(80);
  expect(asked).toEqual(['first']);
  await passed.return();
  expect(asked).toEqual(['first', 'closed']);
});

test('time that batches are waited for counts', async () => {
  const pace = new Pace();
  const passed: number[] = [];
  for await (const batch of pace.waitFor(batches([]))) passed.push(batch);
  expect(passed).toEqual([0, 1]);
  expect(pace.sums.waiting).toBeGreaterThan(60);
});

test('an error in the first batch comes to whoever waits for it', async () => {
  async function* failing(): AsyncGenerator<number, void, undefined> {
    yield await Promise.reject(new Error('unreadable'));
  }
  const passed = new Pace().waitFor(failing());
  await sleep(1);
  await expect(passed.next()).rejects.toThrow('unreadable');
});
