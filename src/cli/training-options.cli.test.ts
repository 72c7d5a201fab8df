// Every option of training has an effect: a row of the table that no code acts on fails here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fovea } from '../../test/cli.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import type { Option } from '../base/option.ts';
import { formatFlag } from '../base/text.ts';
import { loadCheckpoint } from '../checkpoints/index.ts';
import { dataOptions } from '../recipe/data-options.ts';
import { type TrainingOptionName, trainingOptions } from '../recipe/options.ts';
import { readEvents } from '../train/index.ts';

const cwd = temporaryFolder();
const subset = 'train=28,valid=6,test=6';
const base = [
  'train',
  'lenet5',
  '--data',
  'digits',
  '--subset',
  subset,
  '--batch-size',
  '8',
  '--engine',
  'onnx',
];
/** With weight decay and few evaluations, so that other options can change something. */
const recipe = ['--weight-decay', '0.5', '--lr', '0.02', '--epochs', '1'];

/** What an option needs besides its example to have an effect. */
const context: Partial<Record<TrainingOptionName, readonly string[]>> = {
  patience: ['--lr', '0', '--evaluate-every', '1'],
  whenDiverged: ['--lr', '1e30'],
};

/** Options with tests of their own, or without an effect on results. */
const others: readonly string[] = [
  ...Object.keys(dataOptions),
  ...['init', 'initWeights', 'classes', 'option', 'input'],
  ...['workers', 'cache'],
];

/** All that a run leaves behind, but for its clock, its configuration and its paths. */
async function outcomeOf(name: string, args: readonly string[]): Promise<string> {
  const { status } = await fovea([...base, ...recipe, ...args, '--out', name], { cwd });
  const folder = join(cwd, name);
  const files = readdirSync(folder).filter((file) => file !== 'report.html' && file !== 'plots');
  const events = (await readEvents(folder)).map(({ type, ...event }) => [
    type,
    'step' in event && event.step,
    'loss' in event && event.loss,
    'learningRate' in event && event.learningRate,
  ]);
  const last = files.includes('last.safetensors')
    ? await loadCheckpoint(join(folder, 'last.safetensors'), { allowNonFinite: true })
    : undefined;
  const weights = last && [...last.weights].map(([key, { data }]) => [key, data.reduce((a, b) => a + b, 0)]);
  return JSON.stringify({ status, files, events, weights });
}

let usual: string;
beforeAll(async () => {
  usual = await outcomeOf('usual', []);
});

const rows = Object.entries<Option>(trainingOptions).filter(([name]) => !others.includes(name));

test.each(rows)('%s has an effect', async (name, { kind, example, resume }) => {
  expect(example, 'every row needs an example').toBeDefined();
  const needed = context[name as TrainingOptionName] ?? [];
  const given = kind.type === 'flag' ? [formatFlag(name)] : [formatFlag(name), String(example)];
  const before = needed.length > 0 ? await outcomeOf(`${name}-before`, needed) : usual;
  expect(await outcomeOf(name, [...needed, ...given])).not.toBe(before);
  const { caller } = JSON.parse(readFileSync(join(cwd, name, 'config.json'), 'utf8'));
  if (resume === undefined) expect(caller[name]).toEqual(example);
});
