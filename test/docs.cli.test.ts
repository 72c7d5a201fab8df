// The commands and programs of the guides run, on small data, with few epochs, and with a smaller network than ResNet-18. They
// use the onnx engine, which needs no time to compile.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import ts from 'typescript';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Dataset, digits } from '../src/data/index.ts';
import { writePng } from '../src/image/encode.ts';
import { fovea } from './cli.ts';
import { testIf } from './conditions.ts';
import { type Command, commandsIn, guides, programsIn, root } from './docs.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Images that a data set has at most. */
const SUBSET = 'train=100,valid=20,test=20';

const folder = temporaryFolder();
const environment = { FOVEA_DATA: join(folder, 'data'), FOVEA_CC: '/nowhere/cc' };
for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);

beforeAll(async () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/fovea'), 'junction');
  await writeImages();
  await writePublished();
  // What the guides refer to as trained before.
  await run('npx fovea train lenet5 --data mnist --epochs 2 --lr 0.1 --out runs/mnist');
  await run('npx fovea train resnet18 --data folder:photos --input 3,64,64 --epochs 1 --out runs/photos');
});

/** Takes long, and has a test of its own. */
const DEMO = 'npx fovea demo';

const seen = new Set([DEMO]);

/** The commands of a page that no page before it has. */
function newCommands(page: string): Command[] {
  return commandsIn(page).filter(({ text }) => {
    const isNew = text.startsWith('npx fovea ') && !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

const pages = guides
  .map((page) => ({ page, commands: newCommands(page), programs: programsIn(page) }))
  .filter(({ commands, programs }) => commands.length + programs.length > 0);

describe.each(pages)('$page', ({ commands, programs }) => {
  for (const { text, needs } of commands) testIf(!needs, `needs ${needs}`)(text, () => run(text));
  for (const [i, program] of programs.entries()) test(`program ${i + 1}`, () => runProgram(program));
});

async function run(text: string): Promise<void> {
  const args = [...words(text).slice(2).map(smaller), ...limits(text)];
  if (args[0] === 'train' && args.includes('--out')) {
    rmSync(join(folder, args[args.indexOf('--out') + 1]), { recursive: true, force: true });
  }
  const { status, stderr } = await fovea(args, { cwd: folder });
  expect(status, stderr).toBe(0);
}

/** Options that make training shorter than it would be without them. */
function limits(text: string): string[] {
  if (!text.startsWith('npx fovea train') || /--help|--resume/.test(text)) return [];
  return [
    ...(text.includes('--epochs') ? [] : ['--epochs', '1']),
    ...(text.includes('--data digits') ? ['--subset', SUBSET] : []),
  ];
}

/** The words of a command line; quotation marks keep one together. */
function words(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** A word of a command, or what stands for it so that it takes less time. */
function smaller(word: string, index: number, all: readonly string[]): string {
  if (all[index - 1] === '--epochs') return Number(word) < 10 ? '2' : '3';
  if (all[index - 1] === '--subset') return SUBSET;
  return withSmallNetwork(word);
}

/** With a network of the same structure that has fewer channels, and with smaller images. */
function withSmallNetwork(text: string): string {
  return text.replaceAll('resnet18', 'resnet20-cifar').replaceAll(/\b64(, ?)64\b/g, '32$132');
}

let started = 0;

async function runProgram(text: string): Promise<void> {
  const short = withSmallNetwork(text).replaceAll(/epochs: \d+/g, 'epochs: 2');
  const { outputText } = ts.transpileModule(short, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  const file = join(folder, `program-${++started}.mjs`);
  writeFileSync(file, outputText);
  await promisify(execFile)(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, ...environment },
  });
}

const drawn = digits({ train: 200, valid: 20, test: 20 }).splits;

/** Folders of two classes each, a table of one, and single images. */
async function writeImages(): Promise<void> {
  const rows = ['image,label'];
  for (const place of ['photos', 'shop']) {
    for (const [label, name] of ['cat', 'dog'].entries()) {
      mkdirSync(join(folder, place, name), { recursive: true });
      for (let i = 1; i <= 16; i++) {
        const { image } = await drawn.train.get(10 * i + label);
        const file = join(place, name, `${i}.jpg`);
        const raw = { width: image.width, height: image.height, channels: 1 } as const;
        const color = place === 'photos' ? '#3060c0' : '#c0a030';
        await sharp(image.data, { raw }).toColorspace('srgb').tint(color).jpeg().toFile(join(folder, file));
        if (place === 'photos') rows.push(`${name}/${i}.jpg,${name}`);
      }
    }
  }
  writeFileSync(join(folder, 'labels.csv'), rows.join('\n'));
  await writePng((await drawn.test.get(3)).image, join(folder, 'digit.png'));
  await sharp(join(folder, 'photos/cat/1.jpg')).toFile(join(folder, 'photo.jpg'));
}

/** MNIST and CIFAR-10 in their formats, with a few drawn digits as their images. */
async function writePublished(): Promise<void> {
  const places = ['mnist', 'cifar10'].map((name) => join(environment.FOVEA_DATA, name));
  for (const place of places) mkdirSync(place, { recursive: true });
  const [mnist, cifar10] = places;
  const parts = await Promise.all([drawn.train, drawn.valid, drawn.test].map(asLists));
  writeFileSync(join(mnist, 'mnist.json.gz'), gzipSync(JSON.stringify(parts)));
  const record = (label: number) => Buffer.alloc(1 + 3 * 32 * 32, 100).fill(label, 0, 1);
  const batch = Buffer.concat(Array.from({ length: 20 }, (_, i) => record(i % 10)));
  const names = [
    'data_batch_1',
    'data_batch_2',
    'data_batch_3',
    'data_batch_4',
    'data_batch_5',
    'test_batch',
  ];
  for (const name of names) writeFileSync(join(cifar10, `${name}.bin`), batch);
}

/** Images as lists of pixels, and their labels. */
async function asLists(dataset: Dataset): Promise<[number[][], number[]]> {
  const samples = await Promise.all(Array.from({ length: dataset.length }, (_, i) => dataset.get(i)));
  return [samples.map(({ image }) => [...image.data]), samples.map(({ label }) => label)];
}
