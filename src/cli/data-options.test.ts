// The options of data sets: the same ones for every command, stored in runs, for one or both data sets of a comparison.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { fovea } from '../../test/cli.ts';
import { flatImage } from '../../test/images.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { formatFlag } from '../base/text.ts';
import { encodePng } from '../image/encode.ts';
import { dataOptions } from '../recipe/data-options.ts';
import type { Shift } from '../shift/index.ts';
import { commands } from './commands.ts';
import { choiceOfSide, dataWords } from './data-options.ts';
import { choiceOfRun, newChoice } from './train-choice.ts';

const cwd = temporaryFolder();
const dataKeys = Object.keys(dataOptions);
const flags = dataKeys.filter((key) => key !== 'data').map(formatFlag);
const every = Object.fromEntries(dataKeys.map((key) => [key, `the ${key}`])) as { data: string };

beforeAll(async () => {
  mkdirSync(join(cwd, 'images'));
  const rows = ['n\u00e4me;kind;why;part'];
  for (let i = 0; i < 24; i++) {
    const id = `x${i}`;
    writeFileSync(join(cwd, 'images', `${id}.png`), await encodePng(flatImage(10 * i, 8, 8)));
    rows.push(`${id};${i % 2 ? '\u00e4' : '\u00f6'};${i % 3};${i % 4 ? 'a' : 'b'}`);
  }
  writeFileSync(join(cwd, 'table.csv'), Buffer.from(`${rows.join('\n')}\n`, 'latin1'));
});

async function optionsOf(name: string) {
  const command = new Command(name);
  (await commands[name].load()).configure(command);
  return command.options.map(({ long }) => long);
}

test.each(['train', 'evaluate', 'lr-find', 'inspect', 'report', 'data', 'shift'])(
  '%s takes every option of data',
  async (name) => {
    expect(await optionsOf(name)).toEqual(expect.arrayContaining(flags));
  },
);

test('shift takes each of them for one of its data sets, too', async () => {
  const own = flags.flatMap((flag) => [`--reference-${flag.slice(2)}`, `--target-${flag.slice(2)}`]);
  expect(await optionsOf('shift')).toEqual(expect.arrayContaining(own));
  const data = { reference: 'csv:x', target: 'digits' };
  const options = {
    subset: 'train=9',
    labelColumn: 'kind',
    targetSubset: 'test=3',
    referenceDataDir: 'there',
  };
  expect(choiceOfSide('reference', data, options)).toEqual({
    data: 'csv:x',
    subset: 'train=9',
    labelColumn: 'kind',
    dataDir: 'there',
  });
  expect(choiceOfSide('target', data, options)).toEqual({ data: 'digits', subset: 'test=3' });
});

test('a run keeps all of them, and tells them to the next command', () => {
  expect(newChoice({ ...every, model: 'lenet5' })).toMatchObject(every);
  expect(dataWords(every)).toEqual(dataKeys.flatMap((key) => [formatFlag(key), `the ${key}`]));
});

const table = ['--encoding', 'latin1', '--image-column', 'n\u00e4me', '--label-column', 'kind'];
const placed = [...table, '--split-column', 'part=b', '--image-dir', 'images', '--extension', 'png'];
/** Without compiling and threads, which take longer than so few images. */
const quick = ['--engine', 'onnx', '--workers', '0'];

test('a table is read in training, after a resume, in evaluation and in reports with the same options', async () => {
  const data = ['--data', 'csv:table.csv', ...placed];
  const begun = await fovea(['train', 'lenet5', ...quick, '--epochs', '1', '--out', 'run', ...data], { cwd });
  expect(begun.stderr).toContain(
    'note: table.csv: images from column "n\u00e4me", found in images with .png; labels from column "kind"; splits from ' +
      'column "part" (b is valid, others are train).',
  );
  expect(begun.stdout).toContain('(18 train, 6 valid, 0 test images)');
  const next = /^next +fovea (.*)$/m.exec(begun.stdout)![1];
  expect(next).toBe(
    `evaluate run ${['--data', 'csv:table.csv', ...placed, '--split', 'valid'].join(' ')}`.replace(
      'n\u00e4me',
      "'n\u00e4me'",
    ),
  );
  const resumed = await fovea(['train', '--resume', 'run', ...quick, '--epochs', '2'], { cwd });
  expect([resumed.status, resumed.stderr]).toEqual([
    0,
    expect.stringContaining('splits from column "part" (b is valid'),
  ]);
  const other = await fovea(['report', 'run', '--label-column', 'why'], { cwd });
  expect(other).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('has --label-column kind, but got why'),
  });
  const evaluated = await fovea(['evaluate', 'run', ...quick, '--split', 'valid', ...data, '--json'], {
    cwd,
  });
  const metrics = JSON.parse(evaluated.stdout) as { perClass: { label: string }[] };
  expect(metrics.perClass.map(({ label }) => label)).toEqual(['\u00e4', '\u00f6']);
  expect(await choiceOfRun(join(cwd, 'run'), {})).toMatchObject({
    splitColumn: 'part=b',
    extension: 'png',
    epochs: 2,
  });
});

test('shift compares subsets of tables', async () => {
  const args = ['shift', '--reference', 'table.csv', '--target', 'table.csv', ...table, '--json'];
  const whole = await fovea(args, { cwd });
  expect(whole).toMatchObject({ status: 0 });
  expect(JSON.parse(whole.stdout)).toMatchObject({ target: { available: 24 } });
  const part = await fovea([...args, '--subset', 'train=20', '--target-subset', 'train=11,valid=1,test=1'], {
    cwd,
  });
  const { reference, target } = JSON.parse(part.stdout) as Shift;
  expect([reference.available, target.available]).toEqual([20, 13]);
  const digits = await fovea(['shift', '--reference', 'digits', '--target', 'digits', ...table], { cwd });
  expect(digits).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('not for digits; omit it'),
  });
});

test('names of classes in another encoding are refused, or read with --encoding', async () => {
  writeFileSync(join(cwd, 'names.txt'), Buffer.from('\u00e4\n\u00f6\n', 'latin1'));
  const args = ['import', 'nowhere.pth', '--model', 'lenet5', '--classes', '2', '--labels', 'names.txt'];
  const refused = await fovea(args, { cwd });
  expect(refused).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('names.txt: is not valid UTF-8 (line 1)'),
  });
  const read = await fovea([...args, '--encoding', 'latin1'], { cwd });
  expect(read.stderr).toContain('nowhere.pth: cannot be'); // The names are read first.
});
