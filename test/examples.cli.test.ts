// Runs every example as its header says.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digits } from '../src/data/sources/digits/digits.ts';
import { writePng } from '../src/image/encode.ts';

const root = resolve(import.meta.dirname, '..');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-examples-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What an example prints. */
async function run(name: string, ...parameters: string[]): Promise<string> {
  const command = [join(root, 'scripts/run-example.js'), name, ...parameters];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder });
  return stdout;
}

/** A folder with two classes of ten drawn digits each. */
async function drawPhotos(): Promise<string> {
  const { train } = digits({ train: 100, valid: 0, test: 0 }).splits;
  for (let i = 0; i < train.length; i++) {
    const label = train.label(i);
    if (label > 1) continue;
    const place = join(folder, 'photos', ['zero', 'one'][label]);
    await mkdir(place, { recursive: true });
    await writePng((await train.get(i)).image, join(place, `${i}.png`));
  }
  return join(folder, 'photos');
}

/** The accuracy that an example prints last. */
const accuracyIn = (text: string) => Number(/test accuracy ([\d.]+)/.exec(text)?.[1]);

test('a network is trained on a folder of images, and classifies one of them', async () => {
  const photos = await drawPhotos();
  const text = await run('train-on-a-folder', photos, join(photos, 'zero', '0.png'));
  expect(accuracyIn(text)).toBeGreaterThanOrEqual(0);
  expect(text).toContain('"label":"zero"');
});

test('a custom network learns', async () => {
  expect(accuracyIn(await run('own-network'))).toBeGreaterThan(0.8);
});

test('a custom operator gives the same results on two engines, and learns', async () => {
  const text = await run('own-operator');
  const [forward, gradient] = text.match(/\d\.\d+e-\d+/g)!.map(Number);
  expect(forward).toBeLessThan(1e-5);
  expect(gradient).toBeLessThan(1e-4);
  expect(accuracyIn(text)).toBeGreaterThan(0.6);
});

test('a custom training loop learns', async () => {
  expect(accuracyIn(await run('own-training-loop'))).toBeGreaterThan(0.6);
});

test("operators called by hand give the textbook's results", async () => {
  const text = await run('operators-by-hand');
  expect(text).toContain('one channel [1, 1, 2, 2]: 25 31 43 49');
  expect(text).toContain('several channels [1, 3, 2, 2]: 20 28 44 52 20 28 44 52 20 28 44 52');
  expect(text).toContain('max pool [1, 1, 2, 2]: 6 8 14 16');
  expect(text).toContain('average pool [1, 1, 2, 2]: 3.5 5.5 11.5 13.5');
});
