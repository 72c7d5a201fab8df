// Checks that a long run does not degrade: time per step, memory and size of the event log, window by window.
//
//   npm run build && node scripts/long-run.js [--steps 10000] [--engine native]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adam, createModel, openDataset, openEngine, takeSubset, train } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000' },
    engine: { type: 'string', default: 'native' },
  },
});
const steps = Number(values.steps);
const WINDOWS = 10;
const BATCH = 16;
const STEPS_PER_EPOCH = 50;

const folder = mkdtempSync(join(tmpdir(), 'fovea-long-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const run = join(folder, 'run');

const windows = [];
let before = measured();
await train(
  createModel('lenet5'),
  takeSubset(await openDataset('digits'), { train: BATCH * STEPS_PER_EPOCH, valid: 64, test: 64 }),
  {
    engine: await openEngine(values.engine),
    epochs: steps / STEPS_PER_EPOCH,
    batchSize: BATCH,
    optimizer: adam(),
    learningRate: 0.0005,
    logEvery: 10,
    out: run,
    listeners: [
      ({ type, phase, done }) => {
        if (type === 'started') before = measured();
        if (type !== 'progress' || phase !== 'train' || done % (steps / WINDOWS) !== 0) return;
        const now = measured();
        windows.push({
          ...now,
          steps: done,
          milliseconds: now.milliseconds - before.milliseconds,
          log: now.log - before.log,
        });
        before = now;
      },
    ],
  },
);

console.log('   steps  CPU ms/step    memory MiB  heap MiB  event bytes/step');
for (const { steps: done, milliseconds, memory, heap, log } of windows) {
  const each = steps / WINDOWS;
  const cells = [
    (milliseconds / each).toFixed(3).padStart(13),
    mebibytes(memory).padStart(10),
    mebibytes(heap).padStart(8),
    (log / each).toFixed(1).padStart(22),
  ];
  console.log(`${String(done).padStart(8)}  ${cells.join('  ')}`);
}

/** CPU time and memory of the process, and size of the event log. */
function measured() {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const log = statSync(join(run, 'events.jsonl'), { throwIfNoEntry: false })?.size ?? 0;
  return { milliseconds: (user + system) / 1000, memory: rss, heap: heapUsed + external, log };
}

function mebibytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}
