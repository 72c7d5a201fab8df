// Stops runs at random times, also while they compile, resumes them, and compares them with an uninterrupted run: weights,
// optimizer state, position and all metrics of evaluations must be identical to the byte. An unfinished run must not report
// success: its exit status is never 0.
//
//   npm run build && node scripts/kill-and-resume.js [--engine native] [--only lenet5] [--kills 20] [--end SIGHUP] [--thorough]
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

/** Ways to end a run, and their exit statuses; SIGKILL has none. */
const ends = { SIGKILL: null, SIGTERM: 143, SIGINT: 130, SIGHUP: 129, 'closed stdout': 141 };

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: ['native', 'onnx', 'reference'] },
    only: { type: 'string', default: '' },
    end: { type: 'string', multiple: true, default: ['SIGKILL', 'SIGTERM', 'SIGHUP', 'closed stdout'] },
    /** Of every case and engine, by each of the ends in turn. */
    kills: { type: 'string', default: '20' },
    /** How often one run is killed before it may finish. */
    'per-run': { type: 'string', default: '5' },
    /** Large networks too, which take minutes each. */
    thorough: { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'fovea-kill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const moved = 'random-crop,rotation,shift,erasing';
const adamw = '--optimizer adamw --schedule one-cycle --ema 0.9';
const plateau = '--optimizer momentum --schedule plateau,patience=0 --clip-norm 1';
const photos = '--data folder:photos --workers 2';
const digits = (train, rest = 16) => `--data digits --subset train=${train},valid=${rest},test=${rest}`;

/** A title begins with the network. SqueezeNet is the one with dropout; photos are JPEG files, read by threads. */
const cases = [
  {
    title: 'lenet5: moved; AdamW, one cycle, averages',
    settings: `${digits(640)} --batch-size 32 --epochs 4 --evaluate-every 2 --augment ${moved} ${adamw}`,
    engines: ['native', 'onnx'],
  },
  {
    title: 'lenet5: photos by 2 threads, cut, CutMix; Nesterov, cosine',
    settings:
      `${photos} --input 3,32,32 --batch-size 8 --epochs 3 --evaluate-every 4 --optimizer nesterov ` +
      '--augment random-resized-crop,horizontal-flip,brightness,cutmix --schedule cosine --warmup 4steps',
    engines: ['native', 'onnx'],
  },
  {
    title: 'lenet5: moved, MixUp; AdamW, one cycle, averages',
    settings: `${digits(64)} --batch-size 8 --epochs 4 --evaluate-every 2 --augment ${moved},mixup ${adamw}`,
    engines: ['reference'],
  },
  {
    title: 'resnet18: moved, MixUp; momentum, plateau, clipping',
    settings: `--input 1,32,32 ${digits(160)} --batch-size 16 --epochs 3 --evaluate-every 6 --augment ${moved},mixup ${plateau}`,
    engines: ['native', 'onnx'],
    thorough: true,
  },
  {
    title: 'resnet20-cifar: moved; momentum, plateau, clipping',
    settings: `--input 1,16,16 ${digits(8, 4)} --batch-size 2 --epochs 2 --evaluate-every 2 --augment ${moved} ${plateau}`,
    engines: ['reference'],
    thorough: true,
  },
  {
    title: 'squeezenet1.1: moved, CutMix; Adam, 3 batches an update, averages',
    settings:
      `--input 1,48,48 ${digits(160)} --batch-size 16 --epochs 3 --evaluate-every 5 --augment ${moved},cutmix ` +
      '--optimizer adam --accumulate 3 --ema 0.9',
    engines: ['native', 'onnx'],
    thorough: true,
  },
  {
    title: 'resnet18: photos by 2 threads, cut, coloured, CutMix; Nesterov, cosine',
    settings:
      `${photos} --input 3,32,32 --batch-size 16 --epochs 3 --evaluate-every 7 --optimizer nesterov ` +
      '--augment random-resized-crop,horizontal-flip,brightness,hue,cutmix --schedule cosine --warmup 4steps',
    engines: ['native', 'onnx'],
    thorough: true,
  },
];

await drawPhotos(join(folder, 'photos'), 60);
const chosen = cases.filter(
  ({ title, thorough }) => title.includes(options.only) && (options.thorough || !thorough),
);
const width = Math.max(...chosen.map(({ title }) => title.length));
console.log(`${'case'.padEnd(width)}  engine     steps  killed    runs    same  wrong status`);
for (const one of chosen) {
  for (const engine of options.engine.filter((name) => one.engines.includes(name)))
    await tryCase(one, engine);
}

/** Runs that are ended `--kills` times in total; prints a row. */
async function tryCase({ title, settings }, engine) {
  const train = `train ${title.split(':')[0]} ${settings} --engine ${engine}`.split(' ');
  const begin = (out) => [...train, '--out', out, '--overwrite'];
  const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
  await succeed(begin(whole)); // Compiles.
  const begun = performance.now();
  await succeed(begin(whole));
  const milliseconds = performance.now() - begun;
  const { steps } = eventsOf(whole).at(-1).result;
  const count = { killed: 0, runs: 0, same: 0, wrong: 0 };
  for (let left = Number(options.kills); left > 0; count.runs++) {
    const times = Math.min(left, Number(options['per-run']));
    for (let time = 0; time < times && !isFinished(killed); time++) {
      const end = options.end[left % options.end.length];
      const how = await interrupt(goOn(killed, begin), end, Math.random() * milliseconds, time === 0);
      if (how.running) {
        count.killed++;
        left--; // A command that had already finished does not count.
      }
      if (isWrong(how, end, killed)) {
        count.wrong++;
        console.log(`  ${end}: status ${how.status}, signal ${how.signal}\n${how.said}`);
      }
    }
    if (!isFinished(killed)) await succeed(goOn(killed, begin));
    if (isSame(killed, whole)) count.same++;
    rmSync(killed, { recursive: true });
  }
  const counts = [steps, count.killed, count.runs, count.same, count.wrong].map((value) =>
    String(value).padStart(6),
  );
  console.log(`${title.padEnd(width)}  ${engine.padEnd(9)}${counts.join('  ')}`);
  if (count.same < count.runs || count.wrong > 0) process.exitCode = 1;
}

/** Resumes a run, or starts it if it has saved nothing yet. */
function goOn(out, begin) {
  return existsSync(join(out, 'last.safetensors')) ? ['train', '--resume', out] : begin(out);
}

/**
 * Ends a command after a time.
 * @param compiling whether nothing is compiled yet, so that the time may fall into compiling
 * @returns how it ended, and whether it still ran then
 */
async function interrupt(parameters, end, milliseconds, compiling) {
  const cache = compiling ? mkdtempSync(join(folder, 'cache-')) : undefined;
  const { child, ended } = start(parameters, cache);
  await Promise.race([setTimeout(milliseconds), ended]);
  const running = child.exitCode === null && child.signalCode === null;
  if (end === 'closed stdout') child.stdout.destroy();
  else child.kill(end);
  const outcome = await ended;
  if (cache) rmSync(cache, { recursive: true, force: true });
  return { ...outcome, running };
}

/** Whether an unfinished run says that it is finished, or one ended by a request does not say by which. */
function isWrong({ status, signal, running }, end, run) {
  if (status === 0) return !isFinished(run);
  if (!running || signal !== null) return signal !== null && signal !== end && end !== 'closed stdout';
  return status !== ends[end];
}

async function succeed(parameters) {
  const { status, said } = await start(parameters).ended;
  if (status !== 0) throw new Error(`fovea ${parameters.join(' ')} ended with ${status}:\n${said}`);
}

function start(parameters, cache) {
  const command = [join(import.meta.dirname, '../bin/fovea.js'), ...parameters];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FOVEA_BUILD: '0', ...(cache && { FOVEA_CACHE: cache }) },
  });
  child.stdout.resume();
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, said }));
  });
  return { child, ended };
}

function isFinished(run) {
  const end = existsSync(join(run, 'events.jsonl')) ? eventsOf(run).at(-1) : undefined;
  return end?.type === 'ended' && !end.result.interrupted;
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

/** A run that was killed may have left its last line unfinished. */
function eventsOf(run) {
  return readFileSync(join(run, 'events.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
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
