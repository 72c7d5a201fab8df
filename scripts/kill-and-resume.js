// Kills runs without warning at random moments, resumes them, and compares their checkpoints with those of a run that was
// left alone: they have to be the same to the byte.
//
//   npm run build && node scripts/kill-and-resume.js [--kills 20] [--engine native] [--only lenet5]
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    engine: { type: 'string', multiple: true, default: ['native', 'onnx', 'reference'] },
    only: { type: 'string', default: '' },
  },
});
const kills = Number(options.kills);
const folder = mkdtempSync(join(tmpdir(), 'fovea-kill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const augmented = ['--augment', 'random-crop,rotation,shift,erasing'];
const adaptive = ['--optimizer', 'adamw', '--schedule', 'one-cycle', '--ema', '0.9'];
/** SqueezeNet is the one with dropout. */
const runs = {
  lenet5: ['--subset', 'train=640,valid=64,test=64', '--batch-size', '32', '--epochs', '4'],
  'lenet5 augmented': [
    '--subset',
    'train=640,valid=64,test=64',
    '--batch-size',
    '32',
    ...augmented,
    ...adaptive,
  ],
  'resnet18 augmented': [
    ...['--input', '1,32,32', '--subset', 'train=64,valid=16,test=16', '--batch-size', '16', '--epochs', '3'],
    ...augmented,
  ],
  'squeezenet1.1 augmented': [
    ...['--input', '1,48,48', '--subset', 'train=64,valid=16,test=16', '--batch-size', '16', '--epochs', '3'],
    ...[...augmented, ...adaptive],
  ],
};

for (const [title, settings] of Object.entries(runs)) {
  if (!title.includes(options.only)) continue;
  for (const engine of options.engine) await tryRun(title, engine, settings);
}

async function tryRun(title, engine, settings) {
  const [model] = title.split(' ');
  const begin = (out) => [
    'train',
    model,
    '--data',
    'digits',
    '--evaluate-every',
    '2',
    ...settings,
    '--engine',
    engine,
    '--out',
    out,
  ];
  const whole = join(folder, 'whole');
  await start(begin(whole)).ended;
  const begun = performance.now();
  await start([...begin(whole), '--overwrite']).ended;
  const length = performance.now() - begun;
  let [resumed, same] = [0, 0];
  for (let kill = 0; kill < kills; kill++) {
    const out = join(folder, `killed-${kill}`);
    const { child, ended } = start(begin(out));
    await Promise.race([setTimeout(length * (0.2 + 0.7 * Math.random())), ended]);
    child.kill('SIGKILL');
    await ended;
    const saved = existsSync(join(out, 'last.safetensors'));
    await start(saved ? ['train', '--resume', out, '--engine', engine] : [...begin(out), '--overwrite'])
      .ended;
    if (saved) resumed++;
    if (['last', 'best'].every((name) => bytesOf(out, name)?.equals(bytesOf(whole, name)))) same++;
    rmSync(out, { recursive: true, force: true });
  }
  rmSync(whole, { recursive: true });
  console.log(
    `${title.padEnd(26)} ${engine.padEnd(10)} ${kills} killed, ${resumed} of them with a checkpoint to resume, ${same} the same`,
  );
  if (same < kills) process.exitCode = 1;
}

/** `ended` fails if the run does, unless it was killed. */
function start(parameters) {
  const command = [join(import.meta.dirname, '../bin/fovea.js'), ...parameters];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const ended = new Promise((resolve, reject) => {
    child.on('close', (status) => (status > 0 ? reject(new Error(complaint)) : resolve()));
  });
  return { child, ended };
}

function bytesOf(run, name) {
  const path = join(run, `${name}.safetensors`);
  return existsSync(path) ? readFileSync(path) : undefined;
}
