// Kills runs without warning at random steps, resumes them, and compares what they come to with a run that was left alone:
// weights, optimizer and position have to be the same to the byte, and so do the figures of every validation.
//
//   npm run build && node scripts/kill-and-resume.js [--engine native] [--only resnet18] [--kills 20]
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: ['native', 'onnx', 'reference'] },
    only: { type: 'string', default: '' },
    /** Of every case; as many as it says itself unless given. */
    kills: { type: 'string' },
    /** How often one run is killed before it may end. */
    'per-run': { type: 'string', default: '5' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'fovea-kill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const moved = 'random-crop,rotation,shift,erasing';
const adamw = '--optimizer adamw --schedule one-cycle --ema 0.9';
const plateau = '--optimizer momentum --schedule plateau,patience=0 --clip-norm 1';
const digits = (train, rest = 16) => `--data digits --subset train=${train},valid=${rest},test=${rest}`;

/** A title begins with the network. SqueezeNet is the one with dropout; photos are JPEG files, read by threads. */
const cases = [
  {
    title: 'lenet5: moved; AdamW, one cycle, averages',
    settings: `${digits(640)} --batch-size 32 --epochs 4 --augment ${moved} ${adamw}`,
    every: 2,
    kills: { native: 20, onnx: 20 },
  },
  {
    title: 'lenet5: moved, MixUp; AdamW, one cycle, averages',
    settings: `${digits(64)} --batch-size 8 --epochs 4 --augment ${moved},mixup ${adamw}`,
    every: 2,
    kills: { reference: 20 },
  },
  {
    title: 'resnet18: moved, MixUp; momentum, plateau, clipping',
    settings: `--input 1,32,32 ${digits(160)} --batch-size 16 --epochs 3 --augment ${moved},mixup ${plateau}`,
    every: 6,
    kills: { native: 20, onnx: 20 },
  },
  {
    title: 'resnet20-cifar: moved; momentum, plateau, clipping',
    settings: `--input 1,16,16 ${digits(8, 4)} --batch-size 2 --epochs 2 --augment ${moved} ${plateau}`,
    every: 2,
    kills: { reference: 5 },
  },
  {
    title: 'squeezenet1.1: moved, CutMix; Adam, 3 batches an update, averages',
    settings: `--input 1,48,48 ${digits(160)} --batch-size 16 --epochs 3 --augment ${moved},cutmix --optimizer adam --accumulate 3 --ema 0.9`,
    every: 5,
    kills: { native: 20, onnx: 20 },
  },
  {
    title: 'squeezenet1.1: moved; Adam, averages',
    settings: `--input 1,32,32 ${digits(8, 4)} --batch-size 2 --epochs 2 --augment ${moved} --optimizer adam --ema 0.9`,
    every: 2,
    kills: { reference: 5 },
  },
  {
    title: 'resnet18: photos by 2 threads, cut, coloured, CutMix; Nesterov, cosine',
    settings:
      '--data folder:photos --workers 2 --input 3,32,32 --batch-size 16 --epochs 3 --optimizer nesterov ' +
      '--augment random-resized-crop,horizontal-flip,brightness,hue,cutmix --schedule cosine --warmup 4steps',
    every: 7,
    kills: { native: 20, onnx: 10 },
  },
];

await drawPhotos(join(folder, 'photos'), 100);
const width = Math.max(...cases.map(({ title }) => title.length));
console.log(`${'case'.padEnd(width)}  engine    steps   kills    runs    same`);
for (const one of cases.filter(({ title }) => title.includes(options.only))) {
  for (const engine of options.engine.filter((name) => name in one.kills)) {
    await tryCase(one, engine, Number(options.kills ?? one.kills[engine]));
  }
}

/** Runs killed `kills` times in all; prints a row. */
async function tryCase({ title, settings, every }, engine, kills) {
  const train = `train ${title.split(':')[0]} ${settings} --evaluate-every ${every} --engine ${engine}`.split(
    ' ',
  );
  const begin = (out) => [...train, '--out', out, '--overwrite'];
  const whole = join(folder, 'whole');
  await start(begin(whole)).ended; // Compiles.
  const begun = performance.now();
  await start(begin(whole)).ended;
  const milliseconds = performance.now() - begun;
  const { steps } = eventsOf(whole).at(-1).result;
  let [runs, killed, same] = [0, 0, 0];
  for (let left = kills; left > 0; runs++) {
    const out = join(folder, 'killed');
    const count = Math.min(left, Number(options['per-run']));
    const moments = Array.from({ length: count }, () => Math.random() * steps).sort((a, b) => a - b);
    for (const moment of moments) {
      const validated = Math.floor(moment / every) * every;
      const wait = ((moment - validated) * milliseconds) / steps;
      if (await kill(start(goOn(out, begin)), validated, wait)) killed++;
    }
    await start(goOn(out, begin)).ended;
    if (isSame(out, whole)) same++;
    rmSync(out, { recursive: true });
    left -= count;
  }
  rmSync(whole, { recursive: true });
  const counts = [steps, killed, runs, same].map((value) => String(value).padStart(6));
  console.log(`${title.padEnd(width)}  ${engine.padEnd(9)}${counts.join('  ')}`);
  if (same < runs) process.exitCode = 1;
}

/** What resumes a run, or begins it where it has saved nothing yet. */
function goOn(out, begin) {
  return existsSync(join(out, 'last.safetensors')) ? ['train', '--resume', out] : begin(out);
}

/** Kills a run so long after it has told of the validation at this step, or a later one. @returns whether it still ran */
async function kill({ child, ended }, step, milliseconds) {
  const reached = new Promise((resolve) => {
    child.stdout.on('data', (text) => {
      const told = [...text.matchAll(/ images\)|step (\d+)/g)].map(([, number = 0]) => Number(number));
      if (told.some((number) => number >= step)) resolve();
    });
  });
  await Promise.race([reached, ended]);
  await setTimeout(milliseconds);
  const running = child.exitCode === null && child.kill('SIGKILL');
  await ended;
  return running;
}

/** `ended` fails if the run does, unless it was killed. */
function start(parameters) {
  const command = [join(import.meta.dirname, '../bin/fovea.js'), ...parameters];
  const child = spawn(process.execPath, command, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8').resume();
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  const ended = new Promise((resolve, reject) => {
    child.on('close', (status) => (status > 0 ? reject(new Error(complaint)) : resolve()));
  });
  return { child, ended };
}

function isSame(run, whole) {
  const files = ['last.safetensors', 'best.safetensors'];
  const sameFiles = files.every((name) =>
    readFileSync(join(run, name)).equals(readFileSync(join(whole, name))),
  );
  return sameFiles && JSON.stringify(validationsOf(run)) === JSON.stringify(validationsOf(whole));
}

function validationsOf(run) {
  const events = eventsOf(run).filter(({ type, split }) => type === 'evaluated' && split === 'valid');
  return events.map(({ step, loss, accuracy, best }) => ({ step, loss, accuracy, best }));
}

function eventsOf(run) {
  return readFileSync(join(run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Stripes of two directions in noise, a folder for each. */
async function drawPhotos(place, count) {
  for (const [label, name] of ['lying', 'standing'].entries()) {
    mkdirSync(join(place, name), { recursive: true });
    for (let index = 0; index < count; index++) {
      const pixels = Uint8Array.from({ length: 48 * 40 * 3 }, (_, place) => {
        const [x, y] = [Math.floor(place / 3) % 48, Math.floor(place / 3 / 48)];
        return 100 + 100 * (Math.floor(((label ? x : y) + index) / 5) % 2) + 50 * Math.random();
      });
      const image = sharp(pixels, { raw: { width: 48, height: 40, channels: 3 } });
      await image.jpeg().toFile(join(place, name, `${index}.jpg`));
    }
  }
}
