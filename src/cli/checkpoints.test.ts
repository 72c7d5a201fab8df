// What commands do with checkpoints of every kind: with an EMA, damaged, or with outputs that are not finite; and with changed data.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fovea } from '../../test/cli.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { saveCheckpoint } from '../checkpoints/index.ts';
import { digits } from '../data/sources/digits/digits.ts';
import { writePng } from '../image/encode.ts';
import { createModel } from '../models/index.ts';
import { initialize, softmaxCrossEntropy } from '../nn/index.ts';
import { preprocessingFor } from '../train/index.ts';

const cwd = temporaryFolder();
const run = (args: readonly string[]) => fovea([...args, '--engine', 'onnx'], { cwd });
const json = async (args: readonly string[]) => JSON.parse((await run([...args, '--json'])).stdout);

/** Ten digits of each of two classes. */
async function writePhotos(place: string): Promise<void> {
  const { train } = digits().splits;
  for (const label of ['0', '1']) {
    mkdirSync(join(cwd, place, label), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const { image } = await train.get(10 * i + Number(label));
      await writePng(image, join(cwd, place, label, `${i}.png`));
    }
  }
}

beforeAll(async () => {
  await writePhotos('photos');
  const model = createModel('lenet5');
  const weights = initialize(model.network, model.init, 0);
  for (const { data } of weights.values()) data.set(data.map((value) => value * 1e20));
  await saveCheckpoint(join(cwd, 'huge.safetensors'), {
    model,
    weights,
    preprocessing: preprocessingFor(model),
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    loss: softmaxCrossEntropy(),
  });
});

const image = 'photos/0/0.png';

test.each([
  ['evaluate', 'huge.safetensors', '--data', 'digits', '--subset', 'test=5'],
  ['inspect', 'huge.safetensors', image, '--out', 'inside'],
  [
    'shift',
    '--reference',
    'digits',
    '--target',
    'digits',
    '--checkpoint',
    'huge.safetensors',
    '--images',
    '20',
  ],
  ['export', 'huge.safetensors', 'huge.onnx'],
])('outputs that are not finite make %s fail', async (...args) => {
  const { status, stdout, stderr } = await run(args);
  expect(stderr).toMatch(/the outputs of lenet5 are NaN or infinite, expected finite numbers/);
  expect([status, stdout]).toEqual([1, '']);
});

test('outputs that are not finite make the prediction of an image fail', async () => {
  const { status, stdout } = await run(['predict', 'huge.safetensors', image, '--json']);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    { image, error: expect.stringContaining('the outputs of lenet5 are NaN or infinite') },
  ]);
});

test('checkpoints of a run with an EMA evaluate as the run reported, or raw on request', async () => {
  const data = ['--data', 'digits', '--subset', 'train=64,valid=20,test=20'];
  const recipe = ['--batch-size', '32', '--lr', '0.1', '--ema', '0.9', '--out', 'ema'];
  const { valid } = await json(['train', 'lenet5', ...data, ...recipe, '--epochs', '1']);
  const args = [...data, '--split', 'valid'];
  for (const file of ['best', 'last']) {
    const lossOf = async (...weights: string[]) =>
      (await json(['evaluate', `ema/${file}.safetensors`, ...args, ...weights])).loss;
    expect(await lossOf()).toBeCloseTo(valid.loss, 5);
    expect(await lossOf('--weights', 'ema')).toBeCloseTo(valid.loss, 5);
    expect(Math.abs((await lossOf('--weights', 'raw')) - valid.loss)).toBeGreaterThan(1e-4);
  }
  const probabilityOf = async (...weights: string[]) =>
    (await json(['predict', 'ema', image, ...weights]))[0].predictions[0].probability;
  expect(await probabilityOf('--weights', 'raw')).not.toBe(await probabilityOf());
  const without = await run(['predict', 'huge.safetensors', image, '--weights', 'ema']);
  expect([without.status, without.stderr]).toEqual([1, expect.stringContaining('has no EMA weights')]);
  const alone = await run(['train', 'lenet5', ...data, '--init-weights', 'raw']);
  expect([alone.status, alone.stderr]).toEqual([2, expect.stringContaining('--init-weights needs --init')]);
});

test('classes without images have null metrics, and dashes in text', async () => {
  const args = ['evaluate', 'ema', '--data', 'digits', '--subset', 'test=3'];
  const { perClass, macro } = await json(args);
  expect(perClass[9]).toMatchObject({ recall: null, f1: null, count: 0 });
  expect(macro.recall).toMatchObject({ classes: 3 });
  const { stdout } = await run(args);
  expect(stdout).toMatch(/^9 +– +– +– +– +0$/m);
  expect(stdout).toMatch(/^macro average precision .*recall 0\.\d{4} \(3 of 10 classes\)/m);
});

test('a resumed run finds that an image has changed, wherever its folder is now', async () => {
  const recipe = ['--batch-size', '8', '--epochs', '1', '--out', 'photos-run'];
  expect((await run(['train', 'lenet5', '--data', 'photos', ...recipe])).status).toBe(0);
  await writePhotos('moved');
  writeFileSync(join(cwd, 'moved/1/3.png'), readFileSync(join(cwd, 'moved/1/4.png')));
  const resume = ['train', '--resume', 'photos-run', '--data', 'moved', '--epochs', '2'];
  const refused = await run(resume);
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/has changed since the run started: 1 file changed \(1\/3\.png: /),
  ]);
  const allowed = await run([...resume, '--allow-changed-data']);
  expect([allowed.status, allowed.stdout]).toEqual([
    0,
    expect.stringContaining('warning: the data have changed since the run started (allowed)'),
  ]);
  expect(readFileSync(join(cwd, 'photos-run/config.json'), 'utf8')).toContain('"dataChanges"');
  expect(readFileSync(join(cwd, 'photos-run/report.html'), 'utf8')).toContain('the data have changed');
  const alone = await run(['train', 'lenet5', '--data', 'photos', '--allow-changed-data']);
  expect([alone.status, alone.stderr]).toEqual([
    2,
    expect.stringContaining('--allow-changed-data needs --resume RUN'),
  ]);
});
