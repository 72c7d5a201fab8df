// Compares the speed of Fovea with PyTorch and ONNX Runtime in alternating turns, and prints ratios of medians.
//
//   node bench/compare.js [--only resnet50] [--engine native] [--rounds 5] [--seconds 1] [--threads 2] [--compile]
//
// Other load can slow down any single measurement several times, so only ratios of alternating measurements are meaningful.
// bench/README.md describes the rows and the method.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requirePython } from '../scripts/python.js';
import { cases } from './cases.js';
import { Contender } from './contender.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    engine: { type: 'string', default: 'native' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    python: { type: 'string', default: '/usr/bin/python3' },
    compile: { type: 'boolean', default: false },
  },
});

/** Variants of each peer; the fastest counts. */
const variantsOf = { pytorch: [['contiguous'], ['channels_last']], onnxruntime: [[]], tensorflow: [[]] };

const chosen = cases.filter((row) => titleOf(row).includes(options.only));
if (chosen.some(({ peer }) => peer === 'pytorch')) requirePython(options.python, 'torch');
console.log(
  `${'step'.padEnd(36)} fovea ms   peer ms  ratio  (lowest .. highest)  fovea MiB  peer MiB  peer` +
    (options.compile ? '                       compile s: cold    warm' : ''),
);
for (const row of chosen) {
  try {
    const compile = options.compile ? await compileTimes(row) : [];
    console.log(formatRow(row, await compare(row), compile));
  } catch (error) {
    console.log(`${titleOf(row).padEnd(35)} ${error.message}`);
    process.exitCode = 1;
  }
}

/** The medians of all rounds, Fovea's and those of the fastest of the peer's variants. */
async function compare(row) {
  const contenders = [startFovea(row)];
  try {
    for (const variant of variantsOf[row.peer]) contenders.push(startPeer(row, variant));
    await Promise.all(contenders.map((contender) => contender.ready));
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const contender of contenders) await contender.turn(Number(options.seconds));
    }
    const [fovea, ...variants] = contenders;
    const peer = variants.toSorted((a, b) => median(a.times) - median(b.times))[0];
    return { fovea, peer };
  } finally {
    for (const contender of contenders) contender.stop();
  }
}

/** Milliseconds from a model to an executable step, with an empty cache and with a full one. */
async function compileTimes(row) {
  const cache = mkdtempSync(join(tmpdir(), 'fovea-bench-'));
  try {
    return [await compileTime(row, cache), await compileTime(row, cache)];
  } finally {
    rmSync(cache, { recursive: true });
  }
}

async function compileTime(row, cache) {
  const contender = startFovea(row, { FOVEA_CACHE: cache });
  const { compileMs } = await contender.ready;
  contender.stop();
  return compileMs;
}

function startFovea(row, environment = {}) {
  const parameters = [script('fovea.js'), ...parametersOf(row), '--engine', options.engine];
  return new Contender('fovea', process.execPath, parameters, environment);
}

function startPeer(row, variant) {
  const [command, file] =
    row.peer === 'pytorch' ? [options.python, 'pytorch.py'] : [process.execPath, `${row.peer}.js`];
  return new Contender([row.peer, ...variant].join(' '), command, [
    script(file),
    ...parametersOf(row),
    ...variant.flatMap((layout) => ['--layout', layout]),
  ]);
}

function parametersOf({ mode, model, input, classes }) {
  const settings = { input: input.join(','), classes, threads: options.threads };
  return [mode, model, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

function formatRow(row, { fovea, peer }, compile) {
  const ratios = fovea.times.map((time, round) => time / peer.times[round]);
  const [ours, theirs] = [median(fovea.times), median(peer.times)];
  const range = `(${Math.min(...ratios).toFixed(2)} .. ${Math.max(...ratios).toFixed(2)})`;
  return [
    titleOf(row).padEnd(35),
    milliseconds(ours).padStart(9),
    milliseconds(theirs).padStart(9),
    (ours / theirs).toFixed(2).padStart(6),
    ` ${range.padEnd(20)}`,
    mebibytes(fovea.peakRssBytes).padStart(8),
    mebibytes(peer.peakRssBytes).padStart(9),
    ` ${peer.name.padEnd(24)}`,
    ...compile.map((time) => (time / 1000).toFixed(2).padStart(13)),
  ].join(' ');
}

function titleOf({ mode, model, input }) {
  return `${mode} ${model} ${input.join('x')}`;
}

function script(file) {
  return join(import.meta.dirname, file);
}

function milliseconds(time) {
  return time.toFixed(time < 10 ? 3 : 1);
}

function mebibytes(bytes) {
  return (bytes / 2 ** 20).toFixed(0);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
