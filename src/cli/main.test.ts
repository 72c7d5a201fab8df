// The real program: commands that are quick, and wrong usage.
import { expect, test } from 'vitest';
import { fovea, foveaJson } from '../../test/cli.ts';
import { commands } from './commands.ts';

test('help, for the program and for every command, with an example', async () => {
  const { status, stdout } = await fovea(['--help']);
  expect(status).toBe(0);
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(commands));
  for (const name of names) {
    const help = await fovea([name, '--help']);
    expect(help).toMatchObject({ status: 0, stdout: expect.stringMatching(/Examples?:\n {2}\$ fovea/) });
    expect(await fovea(['help', name])).toEqual(help);
    expect(help.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('models lists every network with its parameters', async () => {
  const models = await foveaJson<{ name: string }[]>(['models']);
  expect(models.find(({ name }) => name === 'lenet5')).toMatchObject({
    family: 'LeNet',
    input: [1, 32, 32],
    classes: 10,
    params: 61706,
  });
});

test('summary prints the values of the textbook as JSON, and a plain table in a pipe', async () => {
  const args = [
    'summary',
    'resnet18',
    '--input',
    '1,1,32,32',
    '--classes',
    '10',
    '--option',
    'stemBias=true',
  ];
  const { totals } = await foveaJson<{ totals: { paddle: unknown } }>(args);
  expect(totals.paddle).toMatchObject({ total: 11185034, nonTrainable: 19200, flops: 35529728 });
  const { status, stdout } = await fovea(args);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^layer1\.0\.conv1 +Conv +1x64x8x8 +1x64x8x8 +36,864 +2,359,296 +27x27$|35,529,728/m,
  );
  expect(stdout).not.toContain('\x1b');
});

test('verify compares the engines that it is given', async () => {
  const result = await foveaJson<{ holds: boolean; forward: { pair: string[] }[] }>([
    'verify',
    'lenet5',
    '--engines',
    'onnx,reference',
    '--seed',
    '3',
  ]);
  expect(result.holds).toBe(true);
  expect(result.forward[0].pair).toEqual(['onnx', 'reference']);
});

test('bench prints timings', async () => {
  const result = await foveaJson(['bench', 'infer', 'lenet5', '--input', '2,1,32,32', '--steps', '2']);
  expect(result).toMatchObject({
    mode: 'infer',
    model: 'lenet5',
    input: [2, 1, 32, 32],
    threads: expect.any(Number),
  });
});

test('doctor says which engines run', async () => {
  const { engines } = await foveaJson<{ engines: unknown[] }>(['doctor']);
  expect(engines).toContainEqual({ name: 'reference', runs: true, engine: 'reference' });
});

test.each([
  [[], 'Usage: fovea'],
  [['sumary', 'lenet5'], 'Did you mean summary?'],
  [['summary', 'lenet'], 'Did you mean "lenet5"?'],
  [['summary'], "missing required argument 'model'"],
  [['summary', 'lenet5', '--inputs', '1,1,32,32'], 'Did you mean --input?'],
  [['summary', 'lenet5', '--input', '1,32,32'], 'input must be 4 positive integers N,C,H,W'],
  [['summary', 'lenet5', '--classes', '0'], 'classes must be an integer from 1 to 1,000,000,000, got 0.'],
  [['summary', 'resnet18', '--option', 'residul=false'], 'Did you mean "residual"?'],
  [['summary', 'resnet18', '--option', 'residual=maybe'], 'must be true or false'],
  [['summary', 'lenet5', 'more'], 'too many arguments'],
  [['bench', 'fly', 'lenet5'], 'Allowed choices are train, infer'],
  [['bench', 'infer', 'lenet5', '--engine', 'refrence'], 'Did you mean "reference"?'],
  [
    ['bench', 'infer', 'lenet5', '--threads', 'two'],
    'threads must be an integer from 1 to 1,024, got "two".',
  ],
  [['verify', 'lenet5', '--engines', 'onnx'], 'two different engines'],
])('wrong usage: %j', async (args, message) => {
  const { status, stdout, stderr } = await fovea(args);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test('an image that is too small for the network gives one clear message', async () => {
  const { status, stderr } = await fovea(['summary', 'lenet5', '--input', '1,1,8,8']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: .*does not fit.*\n$/);
});

test('FOVEA_DEBUG=1 shows where an error comes from', async () => {
  const { stderr } = await fovea(['summary', 'lenet'], { env: { FOVEA_DEBUG: '1' } });
  expect(stderr).toMatch(/^ +at /m);
});
