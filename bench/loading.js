// Compares the loaders of Fovea and torchvision on the same folder in turns, in images per second: random resized crop,
// horizontal flip and normalization. Also measures batches of MNIST's shape from memory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { openFolder } from '../dist/data/folder/folder.js';
import { Loader } from '../dist/data/loading/loader.js';
import { memoryDataset } from '../dist/data/memory-dataset.js';
import { requirePython } from '../scripts/python.js';

const WARM_UP = 4;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '32' },
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
  },
});
const { size, batch, workers, rounds, seconds, python } = values;
const side = Number(size);
const normalize = {
  transform: 'normalize',
  mean: [0.485, 0.456, 0.406].map((value) => 255 * value),
  std: [0.229, 0.224, 0.225].map((value) => 255 * value),
};
const augmentation = [
  { transform: 'random-resized-crop', size: [side, side] },
  { transform: 'horizontal-flip' },
  normalize,
];

if (positionals.length > 0) requirePython(python, 'torch', 'torchvision');
for (const folder of positionals) await compare(folder);
await loadFromMemory();

/** Median of the rounds of both, and of their ratios. */
async function compare(folder) {
  const { all } = await openFolder(folder);
  const loader = new Loader(all, {
    preprocessing: augmentation,
    batchSize: Number(batch),
    shuffle: true,
    workers: Number(workers),
  });
  const peer = startPeer(folder);
  await peer.turn(WARM_UP);
  await imagesPerSecond(loader, WARM_UP); // Every thread compiles its code first.
  const rates = [];
  for (let round = 0; round < Number(rounds); round++) {
    rates.push([await imagesPerSecond(loader, Number(seconds)), await peer.turn(Number(seconds))]);
  }
  peer.end();
  console.log(
    `${folder}: fovea ${median(rates.map(([own]) => own)).toFixed(0)}/s, torchvision ` +
      `${median(rates.map(([, theirs]) => theirs)).toFixed(0)}/s, ratio ` +
      `${median(rates.map(([own, theirs]) => own / theirs)).toFixed(2)} ` +
      `(${rates.map(([own, theirs]) => (own / theirs).toFixed(2)).join(' ')})`,
  );
}

/** Runs whole epochs until the time is over. The first batch, for which workers start, is not counted. */
async function imagesPerSecond(loader, duration) {
  let start;
  let count = 0;
  for (let epoch = 0; ; epoch++) {
    for await (const images of loader.epoch(epoch)) {
      const now = performance.now();
      loader.recycle(images);
      if (start === undefined) {
        start = now;
        continue;
      }
      count += images.indices.length;
      if (now - start >= 1000 * duration) return (1000 * count) / (now - start);
    }
  }
}

function startPeer(folder) {
  const script = new URL('loading.py', import.meta.url).pathname;
  const child = spawn(python, [script, folder, size, batch, workers], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const ready = once(lines, 'line');
  return {
    async turn(duration) {
      await ready;
      const answer = once(lines, 'line');
      child.stdin.write(`${duration}\n`);
      return JSON.parse((await answer)[0]).imagesPerSecond;
    },
    end: () => child.stdin.end(),
  };
}

async function loadFromMemory() {
  const count = 50_000;
  const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => (i * i) % 251);
  const images = { height: 28, width: 28, channels: 1, pixels, labels: new Uint8Array(count) };
  const dataset = memoryDataset('memory', ['0'], images);
  const preprocessing = [{ transform: 'normalize', mean: [33.3], std: [78.6] }];
  const loader = new Loader(dataset, { preprocessing, batchSize: 64, shuffle: true });
  const rates = [];
  for (let round = 0; round < Number(rounds); round++) rates.push(await imagesPerSecond(loader, 1));
  console.log(`28 x 28 from memory: fovea ${median(rates).toFixed(0)}/s`);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
