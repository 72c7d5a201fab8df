// The real program: fovea shift, on folders of images.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fovea, foveaJson } from '../../test/cli.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { decodeImage } from '../image/decode.ts';
import { encodePng } from '../image/encode.ts';
import type { Shift } from '../shift/index.ts';
import { RandomStream } from '../tensor/random.ts';

const cwd = temporaryFolder();

/** Noise around a level of gray, `count` images of each of two classes. */
async function putImages(name: string, count: number, level: number): Promise<void> {
  const random = new RandomStream(0, name);
  for (const [place, label] of ['cat', 'dog'].entries()) {
    mkdirSync(join(cwd, name, label), { recursive: true });
    for (let i = 0; i < count; i++) {
      const start = 64 * (count * place + i);
      const data = Uint8Array.from({ length: 64 }, (_, pixel) => level + random.integer(start + pixel, 40));
      const image = { width: 8, height: 8, channels: 1, data } as const;
      writeFileSync(join(cwd, name, label, `${i}.png`), await encodePng(image));
    }
  }
}

beforeAll(async () => {
  await putImages('street', 20, 20);
  await putImages('shop', 15, 180);
  await putImages('few', 2, 20);
});

const places = ['--reference', 'folder:street', '--reference-split', 'all', '--target'];

test('a brighter target is found to be entirely different, with files of the results', async () => {
  const result = await foveaJson<Shift>(['shift', ...places, 'folder:shop', '--out', 'out'], { cwd });
  expect(result).toMatchObject({
    verdict: { level: 'entirely', differs: expect.arrayContaining(['brighter']) },
    reference: { count: 40, available: 40 },
    target: { count: 30, available: 30 },
    classifier: { count: 60, correct: 60 },
    foreign: { foreignShare: 1 },
  });
  expect(result.classes.common.map(({ label }) => label)).toEqual(['cat', 'dog']);
  expect(result.statistics.map(({ name }) => name)).toContain('bytes');
  expect(existsSync(join(cwd, 'out', 'shift.json'))).toBe(true);
  expect(await decodeImage(join(cwd, 'out', 'foreign.png'))).toMatchObject({ width: 782, height: 522 });
});

test('a subset of both sides is compared', async () => {
  const args = ['shift', ...places, 'folder:shop', '--target-split', 'train', '--subset', 'train=20'];
  const result = await foveaJson<Shift>(args, { cwd });
  expect(result).toMatchObject({ reference: { available: 28 }, target: { available: 20 } });
});

test('images without classes are compared too', async () => {
  const args = ['shift', '--reference', 'folder:street/cat', '--target', 'folder:shop/dog'];
  const { stdout, stderr } = await fovea(args, { cwd });
  expect(stderr).toBe('');
  expect(stdout).toContain('reference  folder:street/cat, train: 20 images\n');
  expect(stdout).toContain('target     folder:shop/dog, all: 15 images\n');
  expect(stdout).not.toMatch(/unlabelled|^class |same name/m);
});

test('the text explains the statistics', async () => {
  const { stdout, status } = await fovea(['shift', ...places, 'folder:shop'], { cwd });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^the target is entirely different: .*brighter/);
  expect(stdout).toContain(
    'classifier two-sample test: accuracy 1.00 (95% CI 0.94–1.00) on 60 images; 0.5 is expected without a shift (p < 0.000001)',
  );
  expect(stdout).toContain('100% of the target images are outliers, farther from the reference');
  expect(stdout).toContain('equal in all images: saturation 0');
});

test('too few images and an unknown checkpoint are reported', async () => {
  const few = await fovea(['shift', ...places, 'folder:few'], { cwd });
  expect(few).toMatchObject({ status: 1 });
  expect(few.stderr).toContain('the target must have at least 10 images, got 4');
  const unknown = await fovea(['shift', ...places, 'folder:shop', '--checkpoint', 'nowhere'], { cwd });
  expect(unknown).toMatchObject({ status: 1 });
  expect(unknown.stderr).toContain('there is no "nowhere"; give a checkpoint file or a run folder');
});
