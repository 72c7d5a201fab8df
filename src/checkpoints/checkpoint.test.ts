import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyModel } from '../../test/tiny.ts';
import { defaultPreprocessing } from '../data/transforms/transforms.ts';
import { readSafetensors, writeSafetensors } from '../formats/index.ts';
import { createModel } from '../models/index.ts';
import { initialize, type Model, softmaxCrossEntropy } from '../nn/index.ts';
import { resolveFields } from '../recipe/recipe.ts';
import { floatTensor, intTensor, type Tensor } from '../tensor/tensor.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-checkpoint-'));
  path = join(folder, 'x.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

function checkpointOf(model: Model): Checkpoint {
  const [, height, width] = model.input;
  return {
    model,
    weights: initialize(model.network, model.init, 5),
    preprocessing: defaultPreprocessing({ channels: 1, height, width }),
    classes: Array.from({ length: Math.max(2, model.classes) }, (_, index) => `class ${index}`),
    loss: softmaxCrossEntropy(),
  };
}

/** Changes the file at `path`. */
/** Another program's changes to a file, which then has no checksums. */
async function change(
  tensors: (all: Map<string, Tensor>) => void,
  metadata: (all: Record<string, string>) => Record<string, string> = (all) => all,
): Promise<void> {
  const file = await readSafetensors(path);
  tensors(file.tensors);
  const { checksums: _, ...rest } = file.metadata;
  await writeSafetensors(path, file.tensors, metadata(rest));
}

const nothing = () => {};

test('a built-in model is loaded with its options, weights, preprocessing, classes and loss', async () => {
  const saved = checkpointOf(createModel('lenet5', { classes: 3, init: 'xavier', input: [1, 32, 32] }));
  await saveCheckpoint(path, saved);
  const { model, loss, ...loaded } = await loadCheckpoint(path);
  expect(loaded).toEqual({
    weights: saved.weights,
    preprocessing: saved.preprocessing,
    classes: saved.classes,
  });
  expect(loss.name).toBe('softmax-cross-entropy');
  const { network, ...described } = model;
  expect(described).toEqual({ ...saved.model, network: undefined });
  expect(network).toBeDefined();
});

test('training state and optimizer tensors come back', async () => {
  const model = createModel('lenet5');
  const training = {
    recipe: {
      ...resolveFields({ batchSize: 8, seed: 2 ** 40, dropLast: true }, { evaluateEvery: 10, logEvery: 1 }),
      optimizer: { name: 'momentum', settings: { momentum: 0.9, weightDecay: 0 } },
      learningRate: null,
      data: 'digits',
      images: { train: 10, valid: 2, test: 0 },
    },
    step: 12,
    evaluatedStep: 10,
    best: { step: 10, loss: 0.25, accuracy: 0.5 },
    sinceBest: 0,
  };
  const optimizer = new Map([['optimizer.velocity.conv1.bias', floatTensor([6], [1, 2, 3, 4, 5, 6])]]);
  await saveCheckpoint(path, { ...checkpointOf(model), training, optimizer });
  const loaded = await loadCheckpoint(path);
  expect(loaded.training).toEqual(training);
  expect(loaded.optimizer).toEqual(optimizer);
});

test('a model of your own is given to be loaded', async () => {
  const model = tinyModel();
  await saveCheckpoint(path, checkpointOf(model));
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /holds weights of "tiny", which is not a built-in model; build it and pass it: loadCheckpoint\(path, { model }\)/,
  );
  expect((await loadCheckpoint(path, { model })).model).toBe(model);
});

test('a checkpoint of another model is refused', async () => {
  await saveCheckpoint(path, checkpointOf(tinyModel()));
  await expect(loadCheckpoint(path, { model: tinyModel({ name: 'other' }) })).rejects.toThrow(
    'holds weights of "tiny", but the model given is "other"',
  );
  await expect(loadCheckpoint(path, { model: tinyModel({ classes: 2 }) })).rejects.toThrow(
    'holds tiny for [1, 4, 4] -> 3 outputs, but the model given is for [1, 4, 4] -> 2 outputs',
  );
});

test('missing, unexpected and mis-shaped weights are listed', async () => {
  await saveCheckpoint(path, checkpointOf(createModel('lenet5')));
  await change((tensors) => {
    tensors.delete('fc1.bias');
    tensors.set('fc3.bias', floatTensor([1], [0]));
    tensors.set('conv1.bias', floatTensor([2], [0, 0]));
    tensors.set('fc2.bias', intTensor([10], Array(10).fill(0)));
  });
  await expect(loadCheckpoint(path)).rejects.toThrow(
    'its weights do not fit lenet5: 1 missing (fc1.bias); 1 unexpected (fc3.bias); 2 with another shape or type ' +
      '(conv1.bias is [2] instead of float32 [6], fc2.bias is [10] instead of float32 [10]).',
  );
});

test('weights that do not fit are not saved', async () => {
  const checkpoint = { ...checkpointOf(createModel('lenet5')), weights: new Map() };
  await expect(saveCheckpoint(path, checkpoint)).rejects.toThrow(
    /do not fit lenet5: 10 missing \(conv1\.weight, /,
  );
  await expect(stat(path)).rejects.toThrow('ENOENT');
});

test('a safetensors file that is not a checkpoint is refused with advice', async () => {
  await writeSafetensors(path, new Map([['x', floatTensor([1], [0])]]));
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /no checkpoint of Fovea: .* import its weights with `fovea import`/,
  );
});

test.each<[string, (all: Record<string, string>) => Record<string, string>, RegExp]>([
  [
    'of a later format',
    (all) => ({ ...all, fovea: '2' }),
    /has checkpoint format 2, .* reads 1; update Fovea/,
  ],
  ['without a model', ({ model: _, ...all }) => all, /model is missing from the checkpoint's metadata/],
  ['with a model that is not JSON', (all) => ({ ...all, model: '{' }), /model is not JSON: {/],
  [
    'with an unknown option',
    (all) => ({ ...all, model: all.model.replace('inC', 'outC') }),
    /model cannot be built/,
  ],
  [
    'without an input size',
    (all) => ({ ...all, model: all.model.replace('[1,32,32]', '32') }),
    /model\.input is 32; expected \[channels, height, width\]/,
  ],
  [
    'with another loss',
    (all) => ({ ...all, loss: '{"name":"mine","settings":{}}' }),
    /loss "mine", which is none of softmax-cross-entropy/,
  ],
  [
    'with classes that are no names',
    (all) => ({ ...all, classes: '[1]' }),
    /classes is \[1\]; expected a list of names/,
  ],
  ['without transforms', (all) => ({ ...all, preprocessing: '[]' }), /x\.safetensors: preprocessing is \[\]/],
  [
    'with a broken record',
    (all) => ({ ...all, training: '{"step":-1}' }),
    /training\.recipe: is undefined; expected/,
  ],
])('a checkpoint %s is refused', async (_, metadata, message) => {
  await saveCheckpoint(path, checkpointOf(createModel('lenet5')));
  await change(nothing, metadata);
  await expect(loadCheckpoint(path)).rejects.toThrow(message);
});

test('a loss comes back with its settings', async () => {
  const saved = checkpointOf(createModel('lenet5'));
  await saveCheckpoint(path, { ...saved, loss: softmaxCrossEntropy({ labelSmoothing: 0.1 }) });
  const { loss } = await loadCheckpoint(path);
  expect(loss.settings).toEqual({ labelSmoothing: 0.1 });
});

/** Flips one bit of the file at `path`. */
async function flipBit(byte: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[byte] ^= 1;
  await writeFile(path, bytes);
}

test('one flipped bit of a tensor is noticed, and the tensor named', async () => {
  await saveCheckpoint(path, checkpointOf(createModel('lenet5')));
  const { size } = await stat(path);
  await flipBit(size - 4 * 10 - 1); // The last byte of fc2.weight, which fc2.bias [10] follows.
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /x\.safetensors: is damaged: the checksum of tensor "fc2\.weight" does not match\. Use a copy of the file, or another checkpoint/,
  );
});

test.each([
  ['class 1', 'class '.length], // "class 0" is one bit away.
  ['lenet5', 0], // No model then.
])('one flipped bit of the metadata is noticed, in %s', async (text, offset) => {
  await saveCheckpoint(path, checkpointOf(createModel('lenet5')));
  await flipBit((await readFile(path)).indexOf(text) + offset);
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /is damaged: the checksum of the metadata does not match/,
  );
});

test('a file without checksums loads, and so does one whose metadata come in another order', async () => {
  const saved = checkpointOf(createModel('lenet5'));
  await saveCheckpoint(path, saved);
  const { tensors, metadata } = await readSafetensors(path);
  await writeSafetensors(path, tensors, Object.fromEntries(Object.entries(metadata).reverse()));
  expect((await loadCheckpoint(path)).weights).toEqual(saved.weights);
  await change((all) => all.get('fc2.bias')!.data.fill(1));
  expect((await loadCheckpoint(path)).weights.get('fc2.bias')!.data[0]).toBe(1);
});

test.each([NaN, Infinity, -Infinity])('weights of %f are refused, unless they are allowed', async (value) => {
  const saved = checkpointOf(createModel('lenet5'));
  saved.weights.get('conv2.bias')!.data[3] = value;
  await saveCheckpoint(path, saved);
  await expect(loadCheckpoint(path)).rejects.toThrow(
    /x\.safetensors: 1 of its 10 tensors of weights hold NaN or infinite values \(conv2\.bias\), expected finite numbers/,
  );
  const loaded = await loadCheckpoint(path, { allowNonFinite: true });
  expect(loaded.weights.get('conv2.bias')!.data[3]).toBe(value);
});

test.each([
  [10, []],
  [10, ['a', 'b']],
  [1, ['only']],
])('a checkpoint with %i output(s) and the class names %j is refused', async (outputs, classes) => {
  const saved = checkpointOf(createModel('lenet5', { classes: outputs }));
  const named = { ...saved, classes: Array.from({ length: Math.max(2, outputs) }, (_, i) => `c${i}`) };
  await expect(saveCheckpoint(path, { ...named, classes })).rejects.toThrow(
    `there are ${classes.length} class names, but lenet5 has ${outputs} output(s)`,
  );
  await saveCheckpoint(path, named);
  await change(nothing, (all) => ({ ...all, classes: JSON.stringify(classes) }));
  await expect(loadCheckpoint(path)).rejects.toThrow(
    `x.safetensors: there are ${classes.length} class names, but lenet5 has ${outputs} output(s), expected ${named.classes.length} names`,
  );
});

test('averages and raw weights come back, and a file of an older version has them at other places', async () => {
  const { weights, ...saved } = checkpointOf(createModel('lenet5'));
  const raw = new Map([['fc2.bias', floatTensor([10], new Float32Array(10).fill(7))]]);
  const average = [['optimizer.average.fc2.bias', weights.get('fc2.bias')!]] as const;
  await saveCheckpoint(path, { ...saved, weights, raw, optimizer: new Map(average) });
  expect([...(await readSafetensors(path)).tensors.keys()]).not.toContain(average[0][0]);
  const check = async () => {
    expect(await loadCheckpoint(path)).toMatchObject({ weights, raw, optimizer: new Map(average) });
    const { weights: chosen, raw: none } = await loadCheckpoint(path, { weights: 'raw' });
    expect([chosen, none]).toEqual([new Map([...weights, ...raw]), undefined]);
    expect((await loadCheckpoint(path, { weights: 'ema' })).weights).toEqual(weights);
  };
  await check();
  await saveCheckpoint(path, {
    ...saved,
    weights: new Map([...weights, ...raw]),
    optimizer: new Map(average),
  });
  await check();
});

test('weights that a checkpoint does not have are refused', async () => {
  await saveCheckpoint(path, checkpointOf(createModel('lenet5')));
  await expect(loadCheckpoint(path, { weights: 'ema' })).rejects.toThrow(/has no EMA weights/);
  await expect(loadCheckpoint(path, { weights: 'raw' })).resolves.toBeDefined();
});
