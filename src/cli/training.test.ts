// The real program: train, evaluate, predict, and what happens when they go wrong. One tiny run serves most tests.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fovea, foveaJson, type Outcome } from '../../test/cli.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { digits } from '../data/sources/digits/digits.ts';
import type { EvaluationMetrics, ImagePrediction } from '../evaluation/index.ts';
import { writePng } from '../image/encode.ts';
import type { RateTest, TrainResult } from '../train/index.ts';

const cwd = temporaryFolder();
const subset = 'train=96,valid=20,test=20';
const recipe = [
  '--data',
  'digits',
  '--subset',
  subset,
  '--batch-size',
  '32',
  '--optimizer',
  'adam',
  '--lr',
  '0.002',
];
const tiny = ['train', 'lenet5', ...recipe];
let trained: Outcome;

beforeAll(async () => {
  const { image } = await digits().splits.test.get(4);
  await writePng(image, join(cwd, 'four.png'));
  trained = await fovea([...tiny, '--epochs', '2', '--out', 'run', '--json'], { cwd });
});

test('train writes a run and prints its result as the last line', () => {
  expect(trained.stderr).toContain(
    'lenet5 on digits (96 train, 20 valid, 20 test images): 2 epochs of 3 steps',
  );
  expect(trained.status).toBe(0);
  const result = JSON.parse(trained.stdout.trim().split('\n').at(-1)!) as TrainResult;
  expect(result).toMatchObject({ run: 'run', epochs: 2, steps: 6, test: { count: 20 } });
  for (const file of ['config.json', 'events.jsonl', 'best.safetensors', 'last.safetensors']) {
    expect(readFileSync(join(cwd, 'run', file)).length).toBeGreaterThan(0);
  }
});

test('evaluate gives the test metrics of the run, from its folder or its file', async () => {
  const result = JSON.parse(trained.stdout) as TrainResult;
  const args = ['--data', 'digits', '--subset', subset];
  const metrics = await foveaJson<EvaluationMetrics>(['evaluate', 'run', ...args], { cwd });
  expect(metrics.accuracy).toBe(result.test!.accuracy);
  expect(metrics.loss).toBeCloseTo(result.test!.loss, 5);
  expect(metrics.confusion).toHaveLength(10);
  expect(metrics.perClass[3]).toMatchObject({ label: '3', count: 2 });
  const { status, stdout } = await fovea(['evaluate', 'run/last.safetensors', '--split', 'valid', ...args], {
    cwd,
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/accuracy 0\.\d{4} \(95% CI .* 20 images/);
  expect(stdout).not.toContain('\x1b');
});

test('a class without images has no metrics', async () => {
  const args = ['evaluate', 'run', '--data', 'digits', '--subset', 'test=1'];
  const { stdout } = await fovea(args, { cwd });
  expect(stdout).toMatch(/^1( +–){4} +0$/m);
  expect(stdout).toMatch(/^0 +(–|[01]\.\d{4}) +[01]\.\d{4} .* 1$/m); // A class that is never predicted has no precision.
});

test('a run ends with a report, which can be written again, with its data set or without', async () => {
  const path = join(cwd, 'run', 'report.html');
  const first = readFileSync(path, 'utf8');
  expect(first).toContain('<section id="samples"');
  expect(first).toContain('npx fovea train lenet5 --data digits --subset');
  const again = await foveaJson(['report', 'run'], { cwd });
  expect(again).toEqual({ run: 'run', report: 'run/report.html', plots: 'run/plots' });
  expect(readFileSync(path, 'utf8')).toBe(first);
  expect(readFileSync(join(cwd, 'run', 'plots', 'loss.png')).length).toBeGreaterThan(1000);
  const nowhere = await fovea(['report', 'nowhere'], { cwd });
  expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('nowhere/config.json') });
});

test('a run that diverged has a report, too', async () => {
  const { status, stderr } = await fovea([...tiny, '--lr', '1e30', '--epochs', '1', '--out', 'diverged'], {
    cwd,
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /note: see the report of the run: diverged\/report\.html\n.*error: the training loss is/s,
  );
  expect(readFileSync(join(cwd, 'diverged', 'report.html'), 'utf8')).toContain(
    '<strong>failed</strong>: the tr',
  );
});

test('a run writes event files for TensorBoard where that is asked for', async () => {
  await foveaJson([...tiny, '--epochs', '1', '--out', 'board', '--tensorboard'], { cwd });
  const files = readdirSync(join(cwd, 'board', 'tensorboard', 'train'));
  expect(files).toEqual([expect.stringMatching(/^events\.out\.tfevents\./)]);
});

test('predict reads images, and reports those it could not read', async () => {
  writeFileSync(join(cwd, 'broken.png'), 'not an image');
  const [good] = await foveaJson<ImagePrediction[]>(['predict', 'run', 'four.png', '--top', '3'], { cwd });
  expect(good).toMatchObject({ image: 'four.png', predictions: expect.any(Array) });
  expect('predictions' in good && good.predictions.map(({ probability }) => probability)).toHaveLength(3);
  const both = await fovea(['predict', 'run', 'broken.png', 'four.png', '--json'], { cwd });
  expect(both.status).toBe(1);
  expect(both.stderr).toContain('1 of 2 images could not be classified');
  const results = JSON.parse(both.stdout) as ImagePrediction[];
  expect(results).toMatchObject([{ image: 'broken.png', error: expect.any(String) }, { image: 'four.png' }]);
});

test('an interrupted run is saved, and resumed it ends as if it had not been', async () => {
  const long = [...tiny, '--epochs', '2', '--evaluate-every', '1', '--out', 'stopped'];
  const stopped = await fovea([...long, '--json'], {
    cwd,
    onStderr: (text, kill) => {
      if (text.includes('step 1:') && !text.includes('SIGINT')) kill('SIGINT');
    },
  });
  expect(stopped.status).toBe(130);
  expect(stopped.stderr).toContain('SIGINT: finishing the step');
  expect(JSON.parse(stopped.stdout)).toMatchObject({ run: 'stopped', interrupted: true });
  const resumed = await foveaJson<TrainResult>(['train', '--resume', 'stopped'], { cwd });
  const whole = await foveaJson<TrainResult>([...long, '--overwrite'], { cwd });
  expect(resumed).toMatchObject({ steps: 6, bestStep: whole.bestStep, valid: whole.valid, test: whole.test });
});

test('a run may start from another one, with its head alone trained, and averages kept', async () => {
  const update = ['--accumulate', '2', '--clip-norm', '1', '--ema', '0.5', '--decay', 'weights'];
  const args = [...tiny, '--init', 'run', '--freeze', 'all-but-head', ...update, '--epochs', '1'];
  const { status, stderr } = await fovea([...args, '--out', 'tuned', '--json'], { cwd });
  expect(stderr).toContain('note: took 10 tensors of lenet5.');
  expect(status).toBe(0);
  const { recipe } = JSON.parse(readFileSync(join(cwd, 'tuned', 'config.json'), 'utf8'));
  expect(recipe).toMatchObject({
    freeze: ['all-but-head'],
    update: { accumulate: 2, clipNorm: 1, ema: 0.5, decay: 'weights' },
  });
  expect(
    await foveaJson<TrainResult>(['train', '--resume', 'tuned', '--epochs', '2'], { cwd }),
  ).toMatchObject({
    steps: 6,
  });
});

test('lr-find suggests a learning rate, as text and as JSON', async () => {
  const args = ['lr-find', 'lenet5', '--data', 'digits', '--subset', subset, '--batch-size', '32'];
  const result = await foveaJson<RateTest>([...args, '--steps', '40'], { cwd });
  expect(result.points.at(0)).toMatchObject({ learningRate: 1e-6, loss: expect.any(Number) });
  expect(result.suggestion).toBeLessThanOrEqual(result.limit);
  const { stdout } = await fovea([...args, '--steps', '40'], { cwd });
  expect(stdout).toMatch(/suggestion \d.*falls fastest/);
});

test('momentum and schedule are in the configuration of the run', async () => {
  const sgd = [
    'train',
    'lenet5',
    '--data',
    'digits',
    '--subset',
    subset,
    '--epochs',
    '1',
    '--optimizer',
    'sgd',
  ];
  const rate = ['--schedule', 'cosine,end=0.001', '--warmup', '1steps'];
  await foveaJson([...sgd, '--momentum', '0.5', '--weight-decay', '0.001', ...rate, '--out', 'moving'], {
    cwd,
  });
  const config = JSON.parse(readFileSync(join(cwd, 'moving', 'config.json'), 'utf8'));
  expect(config.recipe.optimizer).toEqual({
    name: 'momentum',
    settings: { momentum: 0.5, weightDecay: 0.001 },
  });
  expect(config.recipe).toMatchObject({
    learningRate: 0.01,
    schedule: { name: 'cosine', end: 0.001, warmup: '1steps' },
  });
});

test('a run may augment its training images, and is resumed with the same augmentation', async () => {
  const augment = 'rotation=10,shift,mixup';
  const args = [...tiny, '--augment', augment, '--epochs', '1', '--out', 'augmented'];
  expect(await foveaJson<TrainResult>(args, { cwd })).toMatchObject({ steps: 3 });
  const config = JSON.parse(readFileSync(join(cwd, 'augmented', 'config.json'), 'utf8'));
  expect(config.caller.augment).toBe(augment);
  expect(config.recipe.augmentation.mixing).toEqual({ mixup: 0.2 });
  const resumed = await foveaJson<TrainResult>(['train', '--resume', 'augmented', '--epochs', '2'], { cwd });
  expect(resumed).toMatchObject({ steps: 6 });
});

test.each([
  [['train'], 2, 'no model'],
  [['train', 'lenet5'], 2, 'no data set'],
  [['train', 'lenet5', '--data', 'digit'], 2, 'Did you mean "digits"?'],
  [['train', 'lenet55', '--data', 'digits'], 2, 'Did you mean "lenet5"?'],
  [
    ['train', 'lenet5', '--data', 'digits', '--batch-size', '0'],
    2,
    'batch size must be a positive integer, got 0.',
  ],
  [
    ['train', 'lenet5', '--data', 'digits', '--lr', 'abc'],
    2,
    'learning rate (--lr) must be a non-negative number, got "abc".',
  ],
  [['train', 'lenet5', '--data', 'digits', '--epoch', '1'], 2, 'Did you mean --epochs?'],
  [['train', 'lenet5', '--data', 'digits', '--optimizer', 'adm'], 2, 'Did you mean "adam"?'],
  [['train', 'lenet5', '--data', 'digits', '--optimizer', 'adam', '--momentum', '0.9'], 2, 'momentum'],
  [['train', 'lenet5', '--data', 'digits', '--schedule', 'cosin'], 2, 'Did you mean "cosine"?'],
  [
    ['train', 'lenet5', '--data', 'digits', '--ema', '1', '--out', 'x'],
    2,
    'EMA decay (--ema) must be a number from 0 to below 1, got 1.',
  ],
  [
    ['train', 'lenet5', '--data', 'digits', '--freeze', 'fc9', '--out', 'x'],
    2,
    'no parameters "fc9" to freeze',
  ],
  [
    ['train', 'resnet18', '--data', 'digits', '--init', 'run'],
    2,
    '--init run holds lenet5, but the model is',
  ],
  [
    ['lr-find', 'lenet5', '--data', 'digits', '--from', '1', '--to', '0.1'],
    2,
    'the highest one must be larger',
  ],
  [['train', 'lenet5', '--data', 'digits', '--subset', 'training=5'], 2, 'Did you mean "train"?'],
  [['train', 'lenet5', '--data', 'digits', '--augment', 'rotate'], 2, 'Did you mean "rotation"?'],
  [['train', 'lenet5', '--data', 'digits', '--classes', '3', '--out', 'x'], 2, 'has 10'],
  [['train', 'lenet5', '--data', 'folder:nowhere'], 1, 'nowhere'],
  [[...tiny, '--out', 'run'], 2, 'already holds a run'],
  [['train', '--resume', 'run', '--lr', '0.5'], 2, 'has --lr 0.002, but got 0.5'],
  [['train', 'resnet18', '--resume', 'run'], 2, 'has the model lenet5, but got resnet18'],
  [['train', '--resume', 'nowhere'], 1, 'nowhere'],
  [['evaluate', 'run'], 2, 'no data set'],
  [['evaluate', 'nowhere', '--data', 'digits'], 1, 'there is no "nowhere"'],
  [['evaluate', 'run', '--data', 'digits', '--split', 'tset'], 2, 'Did you mean "test"?'],
  [['predict', 'run'], 2, "missing required argument 'image'"],
])('misuse: %j', async (args, status, message) => {
  const outcome = await fovea(args, { cwd });
  expect(outcome.stderr).toContain(message);
  expect(outcome.stderr).not.toMatch(/^ +at /m);
  expect(outcome.status).toBe(status);
});

test('a truncated checkpoint and one of another program are refused', async () => {
  const whole = readFileSync(join(cwd, 'run', 'best.safetensors'));
  writeFileSync(join(cwd, 'half.safetensors'), whole.subarray(0, whole.length / 2));
  const half = await fovea(['evaluate', 'half.safetensors', '--data', 'digits'], { cwd });
  expect(half).toMatchObject({ status: 1, stderr: expect.stringContaining('half.safetensors') });
  const text = await fovea(['evaluate', 'run/config.json', '--data', 'digits'], { cwd });
  expect(text).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: .*config\.json/) });
});

test('a checkpoint is not evaluated on classes that it does not know', async () => {
  for (const name of ['cat', 'dog']) {
    mkdirSync(join(cwd, 'pets', name), { recursive: true });
    copyFileSync(join(cwd, 'four.png'), join(cwd, 'pets', name, 'four.png'));
  }
  const { status, stderr } = await fovea(['evaluate', 'run', '--data', 'folder:pets', '--split', 'all'], {
    cwd,
  });
  expect(stderr).toMatch(/^error: .*cat/);
  expect(status).toBe(1);
});

test('the demo can be interrupted', async () => {
  const { status, stderr } = await fovea(['demo', '--json'], {
    cwd,
    onStderr: (text, kill) => {
      if (text.includes('in runs/demo') && !text.includes('SIGTERM')) kill('SIGTERM');
    },
  });
  expect(stderr).toContain('LeNet-5');
  expect(status).toBe(143);
});
