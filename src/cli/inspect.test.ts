// fovea inspect through the program.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { fovea, foveaJson } from '../../test/cli.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { tinyDataset } from '../../test/tiny.ts';
import { saveCheckpoint } from '../checkpoints/index.ts';
import { defaultPreprocessing } from '../data/index.ts';
import { writePng } from '../image/encode.ts';
import { createModel } from '../models/index.ts';
import { initialize, softmaxCrossEntropy } from '../nn/index.ts';
import type { InspectDocument } from './inspect-view.ts';

const folder = temporaryFolder();
const checkpoint = join(folder, 'lenet5.safetensors');
const image = join(folder, 'image.png');
const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

beforeAll(async () => {
  const model = createModel('lenet5');
  const weights = initialize(model.network, model.init, 0);
  const preprocessing = defaultPreprocessing({ channels: 1, height: 32, width: 32 });
  await saveCheckpoint(checkpoint, {
    model,
    weights,
    preprocessing,
    classes: digits,
    loss: softmaxCrossEntropy(),
  });
  await writePng((await tinyDataset(1, 1).get(0)).image, image);
});

test('images and statistics are written, and all of them named', { timeout: 60_000 }, async () => {
  const out = join(folder, 'inside');
  const choice = ['--layer', 'relu2', '--layer', 'conv1', '--class', '3', '--square', '8', '--stride', '8'];
  const args = ['inspect', checkpoint, image, '--out', out, '--engine', 'reference', ...choice];
  const document = await foveaJson<InspectDocument>(args);
  expect(document).toMatchObject({ model: 'lenet5', engine: 'reference', units: { images: 1 } });
  expect(document.layers.map(({ layer }) => layer)).toEqual(['relu2', 'conv1']);
  expect(document.gradCam.map(({ label }) => label)).toContain('3');
  expect(document.files.every(({ file }) => existsSync(file))).toBe(true);
  expect(readdirSync(out).length).toBe(document.files.length + 1);
  expect(JSON.parse(readFileSync(join(out, 'inspect.json'), 'utf8'))).toEqual(document);
});

test('over a data set, units and gradients are measured and shown', { timeout: 60_000 }, async () => {
  const data = ['--data', 'digits', '--subset', 'train=20,valid=10,test=12', '--batch-size', '4'];
  const args = ['inspect', checkpoint, image, '--out', join(folder, 'data'), '--engine', 'onnx', ...data];
  const { status, stdout } = await fovea([...args, '--square', '14', '--stride', '14']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/Activations over 12 images\nlayer +operator +units +mean/);
  expect(stdout).toMatch(/\nconv1\.weight( +\d\.\d+){3}\n/);
  expect(stdout).toMatch(/lenet5 on .*image\.png\n( +\d+\.\d% {2}\d\n){5}/);
  expect(stdout).toMatch(/features-conv1\.png +feature maps of conv1, 6 x 28 x 28/);
});

test('a wrong layer is a wrong usage, answered with the right ones', { timeout: 60_000 }, async () => {
  const args = ['inspect', checkpoint, image, '--out', folder, '--engine', 'reference', '--layer', 'conf1'];
  const { status, stderr } = await fovea(args);
  expect(status).toBe(2);
  expect(stderr).toMatch(/unknown layer "conf1"\. Did you mean "conv1"\? Known: conv1, relu1/);
});
