// The real program: experiments that are listed, repeated, interrupted, gone on with, and refused.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fovea, foveaJson } from '../../../test/cli.ts';
import { testIf } from '../../../test/conditions.ts';
import { dataFolder, noData } from '../../../test/data.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { type ExperimentResult, findExperiment, type PairedDifference } from '../../experiments/index.ts';

interface Result<Ours> {
  readonly name: string;
  readonly book: { readonly accuracy?: number };
  readonly ours: Ours;
  readonly verdict: string;
}

const mnist = dataFolder('mnist');
const mnistTest = testIf(mnist, noData('mnist'));
const cwd = temporaryFolder();
const quick = ['--epochs', '1', '--data-dir', mnist ?? ''];

test('without a name the experiments are listed', async () => {
  const listed = await foveaJson<{ name: string; book: object }[]>(['experiment']);
  expect(listed.find(({ name }) => name === 'lenet5')).toMatchObject({ book: { accuracy: 0.86 } });
  const { status, stdout } = await fovea(['experiment']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^lenet5 +LeNet-5 on 1,000 images of MNIST +10 +0\.8600$/m);
});

test('a wrong name, and a comparison of one seed, are wrong usage', async () => {
  const wrong = await fovea(['experiment', 'lenet6']);
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean "lenet5"?') });
  const lonely = await fovea(['experiment', 'residual', '--seeds', '1']);
  expect(lonely).toMatchObject({ status: 2, stderr: expect.stringContaining('--seeds 2 or more') });
});

mnistTest('seeds that are finished are not trained again', async () => {
  const args = ['experiment', 'lenet5', ...quick, '--out', 'repeated'];
  const first = await foveaJson<Result<ExperimentResult>>([...args, '--seeds', '2'], { cwd });
  expect(first).toMatchObject({ name: 'lenet5', book: { accuracy: 0.86, loss: 0.4435 } });
  const [low, high] = first.ours.interval;
  expect(low).toBeLessThan(first.ours.mean);
  expect(high).toBeGreaterThan(first.ours.mean);
  const second = await foveaJson<Result<ExperimentResult>>([...args, '--seeds', '3'], { cwd });
  expect(second.ours.runs.slice(0, 2)).toEqual(first.ours.runs);
  expect(second.ours.runs.map(({ seed, count, split }) => [seed, count, split])).toEqual([
    [0, 200, 'test'],
    [1, 200, 'test'],
    [2, 200, 'test'],
  ]);
  const { stdout } = await fovea([...args, '--seeds', '3'], { cwd });
  expect(stdout).not.toContain('epoch 1/1');
  expect(stdout).toContain(second.verdict);
});

mnistTest('an interrupted experiment is resumed with the same results', async () => {
  const args = ['experiment', 'lenet5', '--seeds', '1', '--data-dir', mnist!, '--json'];
  let killed = false;
  const interrupted = await fovea([...args, '--out', 'interrupted'], {
    cwd,
    onStderr: (text, kill) => {
      if (killed || !text.includes('step 15')) return;
      killed = true;
      kill('SIGINT');
    },
  });
  expect(interrupted).toMatchObject({
    status: 130,
    stdout: '',
    stderr: expect.stringContaining('Run the same command again to resume.'),
  });
  const again = await fovea([...args, '--out', 'interrupted'], { cwd });
  expect(again.stderr).toMatch(/resumed after step \d+/);
  const whole = await foveaJson<Result<ExperimentResult>>([...args, '--out', 'whole'], { cwd });
  const resumed = JSON.parse(again.stdout) as Result<ExperimentResult>;
  expect(resumed.ours.mean).toBe(whole.ours.mean);
  expect(resumed.ours.loss).toBe(whole.ours.loss);
});

mnistTest('a run with another setting is not counted among the seeds', async () => {
  const args = ['experiment', 'lenet5', '--seeds', '1', ...quick, '--out', 'changed'];
  await foveaJson(args, { cwd });
  const path = join(cwd, 'changed', 'lenet5-1-epochs', 'seed-0', 'config.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"lr": 0.1', '"lr": 0.2'));
  const { status, stderr } = await fovea(args, { cwd });
  expect(status).toBe(2);
  expect(stderr).toContain('has other settings than the experiment; choose another folder with --out');
});

/** The folder of a run that is over, as far as an experiment reads it. */
function writeFinished(name: string, seed: number, accuracy: number): void {
  const run = join(cwd, 'compared', name, `seed-${seed}`);
  mkdirSync(run, { recursive: true });
  const caller = { ...findExperiment(name).setting, seed };
  writeFileSync(join(run, 'config.json'), JSON.stringify({ caller }));
  const metrics = { count: 200, loss: 0.3, accuracy, interval: [accuracy - 0.05, accuracy + 0.05] };
  const events = [
    { type: 'started', engine: 'native' },
    { type: 'evaluated', split: 'test', step: 80, best: true, ...metrics },
    { type: 'ended', result: { interrupted: false, secondsTotal: 3 } },
  ];
  writeFileSync(join(run, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

test('a comparison pairs the seeds of its two experiments', async () => {
  for (const [seed, accuracy] of [0.91, 0.9, 0.92].entries()) {
    writeFinished('resnet18', seed, accuracy);
    writeFinished('resnet18-plain', seed, accuracy - 0.05 - seed / 100);
  }
  const args = ['experiment', 'residual', '--seeds', '3', '--out', 'compared', '--engine', 'reference'];
  const { ours, book, verdict } = await foveaJson<Result<PairedDifference>>(args, { cwd });
  expect(book.accuracy).toBe(0.065);
  expect(ours.runs.map(({ seed, difference }) => [seed, difference])).toEqual([
    [0, 0.05],
    [1, 0.06],
    [2, 0.07],
  ]);
  expect(ours.mean).toBeCloseTo(0.06, 12);
  const { stdout } = await fovea(args, { cwd });
  expect(stdout).toContain(verdict);
  expect(stdout).toMatch(/^resnet18-plain, published +0\.8300 +0\.5282$/m);
});
