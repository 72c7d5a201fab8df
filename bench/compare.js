// Times Fovea against PyTorch in alternating rounds and prints the ratio of medians.
//
//   node bench/compare.js [--engine onnx] [--rounds 5] [--steps 10] [--threads 2] [--only resnet18] [--python /usr/bin/python3]
//
// A shared machine can slow any single measurement down several times: only the ratio of the two, measured in turns, means
// something. Needs PyTorch and torchvision for the peer (Debian: python3-torch, python3-torchvision).
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');

/** What is timed: mode, model and input `[N, C, H, W]`; conv-C-K-KERNEL-STRIDE is one convolution with its gradients. */
const cases = [
  ['train', 'lenet5', [64, 1, 32, 32]],
  ['train', 'resnet18', [64, 3, 32, 32]],
  ['infer', 'lenet5', [64, 1, 32, 32]],
  ['infer', 'resnet18', [64, 3, 32, 32]],
  ['train', 'conv-64-64-3-1', [8, 64, 56, 56]],
  ['train', 'conv-64-256-1-1', [8, 64, 56, 56]],
  ['train', 'conv-128-128-3-2', [8, 128, 56, 56]],
  ['train', 'conv-256-256-3-1', [8, 256, 14, 14]],
  ['train', 'conv-1024-256-1-1', [8, 1024, 14, 14]],
  ['train', 'conv-512-512-3-1', [8, 512, 7, 7]],
];

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnx' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});

console.log(
  'case                                          fovea ms  pytorch ms   ratio  (lowest .. highest)',
);
for (const [mode, model, input] of cases) {
  if (!model.includes(options.only)) continue;
  const rounds = Array.from({ length: Number(options.rounds) }, () => [
    fovea(mode, model, input),
    pytorch(mode, model, input),
  ]);
  const ratios = rounds.map(([ours, theirs]) => ours / theirs);
  const columns = [
    `${mode} ${model} ${input.join('x')}`.padEnd(44),
    median(rounds.map(([ours]) => ours))
      .toFixed(2)
      .padStart(9),
    median(rounds.map(([, theirs]) => theirs))
      .toFixed(2)
      .padStart(11),
    median(ratios).toFixed(2).padStart(7),
    ` (${Math.min(...ratios).toFixed(2)} .. ${Math.max(...ratios).toFixed(2)})`,
  ];
  console.log(columns.join(' '));
}

function fovea(mode, model, input) {
  const { engine, steps, threads } = options;
  const program = model.startsWith('conv-')
    ? [join(root, 'bench/conv.js')]
    : [join(root, 'bin/fovea.js'), 'bench', mode];
  const classes = model.startsWith('conv-') ? [] : ['--classes', '10', '--json'];
  const settings = ['--input', input.join(','), '--engine', engine, '--steps', steps, '--threads', threads];
  return measure(process.execPath, [...program, model, ...settings, ...classes]);
}

function pytorch(mode, model, input) {
  const { steps, threads, python } = options;
  const settings = ['--input', input.join(','), '--steps', steps, '--threads', threads];
  return measure(python, [join(root, 'bench/pytorch.py'), mode, model, ...settings]);
}

function measure(command, parameters) {
  return JSON.parse(
    execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  ).medianMs;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
