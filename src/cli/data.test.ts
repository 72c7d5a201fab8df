// The real program: fovea data, on folders with everything that users' folders have.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fovea, foveaJson } from '../../test/cli.ts';
import { flatImage } from '../../test/images.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import type { Survey } from '../data/survey/survey.ts';
import { decodeImage } from '../image/decode.ts';
import { encodePng } from '../image/encode.ts';
import type { TrainResult } from '../train/index.ts';

const cwd = temporaryFolder();

async function put(path: string, content: Uint8Array | string): Promise<void> {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), content);
}

beforeAll(async () => {
  for (const name of ['große Katze', 'dog']) {
    for (let i = 0; i < 12; i++) {
      const value = 10 * i + (name === 'dog' ? 5 : 0);
      await put(`photos/${name}/image ${i}.png`, await encodePng(flatImage(value, 8, 6)));
    }
  }
  await put('photos/dog/copy.png', await encodePng(flatImage(5, 8, 6)));
  await put('photos/dog/broken.jpg', 'not an image');
  await put('photos/dog/empty.png', '');
  await put('photos/dog/notes.txt', 'text');
  symlinkSync('..', join(cwd, 'photos', 'dog', 'loop'));
});

test('a folder is surveyed by its path, and its oddities are reported', async () => {
  const found = await foveaJson<Survey & { notes: string[] }>(['data', 'photos'], { cwd });
  expect(found).toMatchObject({ name: 'folder:photos', classes: ['dog', 'große Katze'] });
  expect(found.sizes).toMatchObject({
    width: { min: 6, max: 6 },
    height: { min: 8, max: 8 },
    grey: 25,
    rgb: 0,
  });
  expect(found.unreadable.map(({ name }) => name)).toEqual(['photos/dog/broken.jpg', 'photos/dog/empty.png']);
  expect(found.duplicates).toHaveLength(1);
  expect(found.duplicates[0].images.map(({ name }) => name).sort()).toEqual([
    'photos/dog/copy.png',
    'photos/dog/image 0.png',
  ]);
  expect(found.notes[0]).toContain('skipped 1 file that is not an image (.txt 1), 1 link to a parent folder');
});

test('the report is readable, and the sheet has a row for each class', async () => {
  const { status, stdout, stderr } = await fovea(
    ['data', 'photos', '--sheet', 'sheet.png', '--columns', '4'],
    { cwd },
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/^class +train +valid +test +all$/m);
  expect(stdout).toMatch(/^große Katze +10 +1 +1 +12$/m);
  expect(stdout).toContain('1 group of duplicates');
  expect(stdout).toContain('2 unreadable:\n  photos/dog/broken.jpg: is not a readable image');
  expect(stderr).toContain('note: photos: skipped 1 file');
  const sheet = await decodeImage(join(cwd, 'sheet.png'));
  expect([sheet.width, sheet.height]).toEqual([4 * 98 + 2, 2 * 98 + 2]);
});

test('images without classes are surveyed too', async () => {
  const found = await foveaJson<Survey>(['data', 'photos/dog'], { cwd });
  expect(found.splits.train.perClass).toEqual([{ label: 'unlabelled', count: 15 }]);
  expect(found.unreadable).toHaveLength(2);
});

test('of many equal images those that leak come first, and few are named', async () => {
  for (const name of ['valid/a/x', 'train/b/x', 'train/a/x', 'train/a/y', 'train/a/z', 'train/a/w']) {
    await put(`copies/${name}.png`, await encodePng(flatImage(3)));
  }
  await put('copies/train/b/y.png', await encodePng(flatImage(4)));
  await put('copies/train/b/z.png', await encodePng(flatImage(4)));
  const { stdout } = await fovea(['data', 'copies'], { cwd });
  expect(stdout).toContain(
    '2 groups of duplicates: 1 leak from train into valid or test (1 image there), 1 have different labels\n' +
      '  copies/train/a/w.png (train, a) = copies/train/b/x.png (train, b) = copies/valid/a/x.png (valid, a) = ' +
      'copies/train/a/x.png (train, a) = 2 more\n' +
      '  copies/train/b/y.png (train, b) = copies/train/b/z.png (train, b)\n',
  );
});

test('the sheet shows augmented samples', async () => {
  const args = [
    'data',
    'digits',
    '--sheet',
    'digits.png',
    '--columns',
    '3',
    '--augment',
    'rotation=30,shift',
  ];
  await foveaJson(args, { cwd });
  const sheet = await decodeImage(join(cwd, 'digits.png'));
  expect([sheet.width, sheet.height]).toEqual([3 * 98 + 2, 10 * 98 + 2]);
  const cell = (column: number) =>
    Array.from({ length: 96 }, (_, y) => [
      ...sheet.data.subarray(3 * ((2 + y) * sheet.width + 2 + 98 * column)).subarray(0, 288),
    ]).join();
  expect(new Set([cell(0), cell(1), cell(2)]).size).toBe(3);
});

test('a split without images of a class is noted', async () => {
  for (const [i, place] of ['train/a', 'train/b', 'test/a'].entries()) {
    await put(`uneven/${place}/1.png`, await encodePng(flatImage(40 * i, 8, 6)));
  }
  const { notes } = await foveaJson<Survey>(['data', 'uneven'], { cwd });
  expect(notes).toEqual(['folder:uneven: the test split has no images of b.']);
});

test('training stops at an unreadable file, or skips it', async () => {
  const args = ['train', 'lenet5', '--data', 'folder:photos', '--epochs', '1', '--optimizer', 'adam'];
  const stopped = await fovea([...args, '--out', 'stopped'], { cwd });
  expect(stopped.status).toBe(1);
  expect(stopped.stderr).toMatch(/error: photos\/dog\/(broken\.jpg|empty\.png): is not a readable image/);
  const skipped = await fovea([...args, '--unreadable', 'skip', '--out', 'skipped', '--json'], { cwd });
  expect(skipped.status).toBe(0);
  expect(skipped.stderr).toContain('folder:photos: skipped 2 unreadable files:\n    photos/dog/broken.jpg: ');
  expect((JSON.parse(skipped.stdout) as TrainResult).steps).toBe(1);
  expect(readFileSync(join(cwd, 'skipped', 'config.json'), 'utf8')).toContain('"unreadable": "skip"');
});

test('a run notes missing classes, and prints the next commands quoted for a shell', async () => {
  const args = ['train', 'lenet5', '--data', 'folder:photos', '--epochs', '1', '--unreadable', 'skip'];
  const { stdout, stderr: notes } = await fovea([...args, '--subset', 'train=5', '--out', 'my run'], { cwd });
  expect(notes).toContain('note: the first 5 training images have 1 of 2 classes: a subset takes images in');
  expect(stdout).toContain(
    "next   fovea evaluate 'my run' --data folder:photos --subset train=5 --unreadable skip\n" +
      "       fovea predict 'my run' IMAGE",
  );
  const { status, stderr } = await fovea(['evaluate', 'my run', ...args.slice(2, 4), ...args.slice(6)], {
    cwd,
  });
  expect([status, stderr]).toEqual([0, expect.stringContaining('skipped 2 unreadable files')]);
  const predicted = await fovea(['predict', 'my run', 'photos/dog', '--json'], { cwd });
  const images = JSON.parse(predicted.stdout) as { image: string; error?: string }[];
  expect(images).toHaveLength(15);
  expect(images.filter(({ error }) => error).map(({ image }) => image)).toEqual([
    'photos/dog/broken.jpg',
    'photos/dog/empty.png',
  ]);
  expect(predicted.stderr).toContain('skipped 1 file that is not an image (.txt 1)');
});

test('one grayscale image in first place does not make a run grayscale; assumptions are reported and stored', async () => {
  const red = { width: 4, height: 4, channels: 3, data: new Uint8Array(48).fill(9) } as const;
  for (let i = 0; i < 5; i++) {
    await put(`mixed/training_set/a/${i}.png`, await encodePng(i === 0 ? flatImage(1, 4, 4) : red));
    await put(`mixed/training_set/b/${i}.png`, await encodePng(red));
  }
  const decision =
    'folder:mixed: 9 color and 1 grayscale image: using 3 channels; override with --input C,H,W.';
  const assumed = ['mixed: read the split folders "training_set" as train.', decision];
  const surveyed = await fovea(['data', 'mixed', '--json'], { cwd });
  expect(JSON.parse(surveyed.stdout)).toMatchObject({ notes: assumed });
  const args = [
    'train',
    'lenet5',
    '--data',
    'mixed',
    '--epochs',
    '1',
    '--engine',
    'onnx',
    '--out',
    'in color',
  ];
  const { status, stderr } = await fovea(args, { cwd });
  expect([status, stderr]).toEqual([0, expect.stringContaining(`note: ${assumed.join('\nnote: ')}\n`)]);
  const { model, data } = JSON.parse(readFileSync(join(cwd, 'in color', 'config.json'), 'utf8'));
  expect([model.input[0], data.notes]).toEqual([3, assumed]);
  expect(readFileSync(join(cwd, 'in color', 'report.html'), 'utf8')).toContain(
    '9 color and 1 grayscale image',
  );
});

test('the reading of sub-folders can be chosen, and links followed', async () => {
  for (const place of ['x/a', 'x/b', 'y/a', 'y/b'])
    await put(`variants/${place}/1.png`, await encodePng(flatImage(1)));
  mkdirSync(join(cwd, 'linked'));
  for (const name of ['x', 'y']) symlinkSync(`../variants/${name}`, join(cwd, 'linked', name));
  const read = async (...args: string[]) =>
    JSON.parse((await fovea(['data', ...args, '--json'], { cwd })).stdout);
  expect((await fovea(['data', 'variants'], { cwd })).stderr).toContain('use --split-folders none');
  expect(await read('variants', '--split-folders', 'none')).toMatchObject({ classes: ['x', 'y'] });
  expect(await read('variants', '--split-folders', 'train=x')).toMatchObject({ classes: ['a', 'b'] });
  expect((await fovea(['data', 'linked'], { cwd })).stderr).toContain('to follow them, use --follow-links');
  const followed = await read('linked', '--follow-links', '--split-folders', 'none');
  expect(followed.splits).toMatchObject({ train: { count: 4 } });
});

test.each([
  [['data'], 2, "missing required argument 'name'"],
  [['data', 'minst'], 2, 'Did you mean "mnist"?'],
  [['train', 'lenet5', '--data', 'photos/dog'], 1, 'has 15 images, but no sub-folders'],
  [['data', 'photos', '--augment', 'rotation'], 2, '--augment needs --sheet FILE.png'],
  [['data', 'photos', '--fold', '6/5'], 2, 'must be written as FOLD/COUNT'],
  [['data', 'digits', '--sheet', 'x.png', '--augment', 'spin'], 2, 'unknown augmentation "spin"'],
])('misuse: %j', async (args, status, message) => {
  const outcome = await fovea(args, { cwd });
  expect(outcome.stderr).toContain(message);
  expect(outcome.status).toBe(status);
});
