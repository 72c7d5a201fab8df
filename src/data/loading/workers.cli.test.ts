// How processes end that load batches with worker threads, which run the build (dist/).
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLabeledFiles } from '../../../test/labeled-files.ts';
import type { LabeledFile } from '../file-dataset.ts';

const built = new URL('../../../dist/', import.meta.url).href;
const preprocessing = [
  { transform: 'random-resized-crop', size: [16, 16] },
  { transform: 'normalize', mean: [120, 110, 100], std: [50, 60, 70] },
];
let files: LabeledFile[];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-workers-'));
  files = await writeLabeledFiles(folder, 22);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that loads batches with two workers, with `body` inside the loop. */
function program(body: string): string[] {
  const code = `
    import { Loader } from '${built}data/loading/loader.js';
    import { FileDataset } from '${built}data/file-dataset.js';
    const files = ${JSON.stringify([...files, ...files, ...files])};
    const loader = new Loader(new FileDataset(['even', 'odd'], files),
      { preprocessing: ${JSON.stringify(preprocessing)}, batchSize: 4, workers: 2 });
    let steps = 0;
    for (let epoch = 0; epoch < 1000; epoch++)
      for await (const batch of loader.epoch(epoch)) { steps++; ${body} }
    console.log('ended after', steps);
    const end = performance.now();
    process.on('exit', () => console.log('gone', performance.now() - end < 3000 ? 'at once' : 'late'));`;
  return ['--input-type=module', '--eval', code];
}

test.concurrent('a program ends when it has its batches, breaks off, or throws: workers do not hold it', async () => {
  const run = promisify(execFile);
  const whole = await run(process.execPath, program('if (steps >= 40) epoch = 1000;'), { timeout: 30_000 });
  expect(whole.stdout).toMatch(/^ended after \d+\ngone at once\n$/);
  const early = await run(process.execPath, program('epoch = 1000; break;'), { timeout: 30_000 });
  expect(early.stdout).toBe('ended after 1\ngone at once\n');
  const thrown = run(process.execPath, program("throw new Error('enough');"), { timeout: 30_000 });
  await expect(thrown).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('enough') });
});

test.concurrent('Ctrl-C ends a program in the middle of an epoch', async () => {
  const child = spawn(process.execPath, program("if (steps === 5) console.log('begun');"));
  child.stdout.once('data', () => child.kill('SIGINT'));
  const signal = await new Promise((resolve) => child.on('exit', (_, name) => resolve(name)));
  expect(signal).toBe('SIGINT');
});

test.concurrent('workers without work end by themselves', async () => {
  const [type, flag, code] = program('if (steps === 3) { epoch = 1000; break; }');
  const counting = `let left = 0;
    process.on('worker', (worker) => { left++; worker.on('exit', () => left--); });
    ${code}
    console.log('left', left);
    setTimeout(() => console.log('left', left), 6500);`;
  const { stdout } = await promisify(execFile)(process.execPath, [type, flag, counting], {
    timeout: 30_000,
  });
  expect(stdout).toMatch(/left [1-9].*left 0/s);
});
