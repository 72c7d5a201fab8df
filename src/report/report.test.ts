// Reports of runs: what they show, and what they leave out if something is missing.
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyData, tinyModel } from '../../test/tiny.ts';
import type { Dataset, SplitDataset } from '../data/dataset.ts';
import { referenceEngine as engine } from '../engines/reference/index.ts';
import { type Trained, type TrainOptions, train } from '../train/index.ts';
import { writeReport } from './index.ts';

const NAMES = ['<b>bold</b> & "quoted"', "猫'犬"];
const usual = { engine, epochs: 4, batchSize: 8, learningRate: 0.05 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Two classes whose names, and those of whose files, are as awkward as can be. */
function awkwardData(): SplitDataset {
  const named = (dataset: Dataset): Dataset => ({
    ...dataset,
    classes: NAMES,
    describe: (index) => `/secret/place/folder/<img src=x> ${index}.png`,
  });
  const { splits } = tinyData({ classes: 2 });
  const { train, valid, test } = splits;
  return {
    name: 'tiny <data>',
    classes: NAMES,
    splits: { train: named(train), valid: named(valid), test: named(test) },
  };
}

async function trained(name: string, options: Partial<TrainOptions> = {}): Promise<Trained> {
  const model = tinyModel({ classes: 1 });
  return train(model, awkwardData(), { ...usual, out: join(folder, name), ...options });
}

async function report(name: string, sources: Parameters<typeof writeReport>[1]): Promise<string> {
  return readFile(await writeReport(join(folder, name), { engine, ...sources }), 'utf8');
}

test('a report shows all metrics of a binary run, as one file that loads nothing', async () => {
  const { checkpoint, result } = await trained('whole', { learningRate: 0.001 });
  const html = await report('whole', { data: awkwardData(), checkpoint });
  const titles = [...html.matchAll(/<text class="title"[^>]*>([^<]*)/g)].map(([, title]) => title);
  expect(titles).toEqual([
    'Loss',
    'Accuracy',
    'Learning rate',
    'Throughput',
    'Confusion matrix',
    'ROC curve',
    'Reliability diagram',
  ]);
  for (const section of [
    'progress',
    'evaluation',
    'misclassified',
    'samples',
    'configuration',
    'environment',
  ]) {
    expect(html).toContain(`<section id="${section}"`);
  }
  expect(html).toContain(`<strong>${result.test!.accuracy.toFixed(4)}</strong>`);
  expect(html).not.toMatch(/<script|<link rel="stylesheet"|(src|href)="(?!data:)/);
  expect(html.match(/<img /g)!.length).toBe(html.match(/<img [^>]*alt="[^"]+"/g)!.length);
  expect(html).toMatch(/<svg[^>]*role="img" aria-label="Loss\. training: [^"]+ at step/);
});

test('on request the report inspects the network on the most confident misclassification', async () => {
  const { checkpoint } = await trained('inspected', { learningRate: 0.001 });
  expect(await report('inspected', { data: awkwardData(), checkpoint })).not.toContain(
    '<section id="inspection"',
  );
  const html = await report('inspected', { data: awkwardData(), checkpoint, inspect: true });
  const section = html.split('<section id="inspection"')[1].split('</section>')[0];
  const shown = [...section.matchAll(/<img [^>]*alt="([^"(]*)/g)].map(([, description]) =>
    description.trim(),
  );
  expect(shown.filter((description) => description.startsWith('Grad-CAM for'))).toHaveLength(2);
  expect(shown.filter((description) => description.startsWith('Occlusion for'))).toHaveLength(2);
  expect(shown.slice(4)).toEqual(['feature maps of conv, 4 x 2 x 2', 'filters of conv, 4 x 1 x 3 x 3']);
  expect(section).toMatch(/\d of the 4 ReLU units are dead: 0 at every position of all 7 images/);
  expect(section).toMatch(/<th scope="row">fc\.weight<\/th>(<td class="right">[\d.e-]+<\/td>){3}/);
});

test('names are escaped, and do not reveal where files are', async () => {
  const { checkpoint } = await trained('names');
  const html = await report('names', { data: awkwardData(), checkpoint });
  expect(html).toContain('&lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;');
  expect(html).toContain('猫&#39;犬');
  expect(html).toContain('folder/&lt;img src=x&gt;');
  expect(html).not.toContain('<b>bold');
  expect(html).not.toContain('<img src=x>');
  expect(html).not.toContain('secret');
});

test('plots are written as SVG and PNG files, and replace earlier ones', async () => {
  const { checkpoint } = await trained('plots');
  await report('plots', { data: awkwardData(), checkpoint });
  const place = join(folder, 'plots', 'plots');
  const names = ['accuracy', 'confusion', 'learning-rate', 'loss', 'reliability', 'roc', 'throughput'];
  const files = names.flatMap((name) => [`${name}.png`, `${name}.svg`]);
  expect((await readdir(place)).sort()).toEqual(files.sort());
  for (const name of names) {
    const { width, height } = await sharp(join(place, `${name}.png`)).metadata();
    expect(width).toBe(880);
    expect(height).toBeGreaterThan(300);
    const { entropy } = await sharp(join(place, `${name}.png`)).stats();
    expect(entropy).toBeGreaterThan(0.1);
    expect((await stat(join(place, `${name}.svg`))).size).toBeLessThan(100_000);
  }
  await report('plots', {});
  expect(await readdir(place)).not.toContain('roc.svg');
});

test('without the data set the report has curves and settings, and says what is missing', async () => {
  await trained('alone');
  const html = await report('alone', { missing: 'The data set could not be opened: <gone>.' });
  expect(html).toContain(
    'The data set could not be opened: &lt;gone&gt;. The report has no evaluation and no images.',
  );
  expect(html).toContain('<section id="progress"');
  expect(html).not.toContain('<section id="evaluation"');
  expect(html).not.toContain('<img');
});

test('a resumed run says so, and counts the time of all its processes', async () => {
  await trained('resumed');
  const path = join(folder, 'resumed', 'events.jsonl');
  const events = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const last = { ...JSON.parse(events.at(-1)!), seconds: 100 };
  await writeFile(path, [...events.slice(0, -1), JSON.stringify(last), ...events].join('\n'));
  const html = await report('resumed', {});
  expect(html).toContain('<strong>finished</strong>, resumed once');
  expect(html).toMatch(/1 min 4\d s in total/);
});

test('a checkpoint of a model that is not built in is skipped with the reason', async () => {
  await trained('own-model');
  const html = await report('own-model', { data: awkwardData() });
  expect(html).toContain('The checkpoint could not be evaluated: ');
  expect(html).toContain('not a built-in model');
  expect(html).toContain('<section id="samples"');
});

test('an interrupted run is evaluated on validation images, and says that it was interrupted', async () => {
  const aborter = new AbortController();
  const { checkpoint } = await trained('interrupted', {
    signal: aborter.signal,
    listeners: [(event) => event.type === 'epoch ended' && aborter.abort('SIGINT')],
  });
  const html = await report('interrupted', { data: awkwardData(), checkpoint });
  expect(html).toContain('<strong>interrupted</strong>: SIGINT');
  expect(html).toContain('Evaluation on validation images');
});

test('a killed run has a report, and so has a failed one', async () => {
  const { checkpoint } = await trained('failed');
  const events = join(folder, 'failed', 'events.jsonl');
  const kept = (await readFile(events, 'utf8')).split('\n').filter((line) => !line.includes('"ended"'));
  await rm(events);
  await appendFile(events, kept.join('\n'));
  expect(await report('failed', { data: awkwardData(), checkpoint })).toContain(
    '<strong>not finished</strong>',
  );
  await appendFile(events, `\n${JSON.stringify({ type: 'failed', message: 'the loss is NaN' })}\n`);
  expect(await report('failed', {})).toContain('<strong>failed</strong>: the loss is NaN');
});

test('a folder without a run has no report', async () => {
  await expect(writeReport(join(folder, 'nowhere'))).rejects.toThrow('config.json');
});
