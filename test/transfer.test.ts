// Weights of other frameworks in, and models out to files that others run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../src/checkpoints/index.ts';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import { openPredictor, predict } from '../src/evaluation/index.ts';
import { readTensors, writeSafetensors } from '../src/formats/index.ts';
import { createModel, type ModelName } from '../src/models/index.ts';
import { initialize, namedParameters } from '../src/nn/index.ts';
import { type FloatTensor, floatTensor } from '../src/tensor/tensor.ts';
import { defaultLoss } from '../src/train/index.ts';
import { exportCheckpoint, importedPreprocessing, importWeights } from '../src/transfer/index.ts';
import { describeIf, testIf } from './conditions.ts';
import { dataFolder, noData } from './data.ts';
import { formulaTensor } from './formula.ts';
import { temporaryFolder } from './temporary-folder.ts';

const weights = dataFolder('weights');
const cifar10 = dataFolder('cifar10');
const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const resnet20File = () => join(weights!, 'cifar10-resnet/resnet20-12fca82f.th');

/** Images whose logits are compared: enough for the batch to matter. */
const COMPARED = 3;

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

describeIf(weights, noData('weights'))('weights that others trained', () => {
  testIf(cifar10, noData('cifar10'))(
    'a ResNet-20 for CIFAR-10 gives the logits it gives elsewhere',
    async () => {
      const checkpoint = await imported(resnet20File(), 'resnet20-cifar', 10);
      const { logits } = readJson('cifar10-resnet/expected_logits.json')['resnet20-12fca82f'] as {
        logits: number[][];
      };
      const session = openPredictor(checkpoint, await openEngine('reference'), COMPARED);
      const scores = await session.forward(firstCifarImages(COMPARED));
      session.dispose();
      for (const [i, row] of logits.slice(0, COMPARED).entries()) {
        for (const [k, logit] of row.entries()) expect(scores.logits.data[i * 10 + k]).toBeCloseTo(logit, 3);
      }
    },
  );

  test('a SqueezeNet in half precision recognizes a Samoyed', async () => {
    const file = join(weights!, 'squeezenet1_1/squeezenet1_1-torchvision-fp16.safetensors');
    const checkpoint = await imported(file, 'squeezenet1.1', 1000);
    const image = join(weights!, 'imagenet-samples/dog.jpg');
    const results = await predict(checkpoint, [image], { top: 1 });
    // With torchvision's preprocessing; JPEG decoders differ slightly in pixel values.
    const probability: unknown = expect.closeTo(0.9284, 2);
    expect(results).toEqual([{ image, predictions: [{ label: '258', index: 258, probability }] }]);
  }, 60_000);
});

const field = dataFolder('field');

testIf(field, noData('field')).each(['cfg.pth', 'fp8_extra.safetensors', 'tied_view.pth'])(
  'the weights of %s are read, whatever else is in it',
  async (name) => {
    const { tensors } = await readTensors(join(field!, 'weights/truth.npz'));
    const result = await importWeights(join(field!, 'weights', name), { model: createModel('lenet5') });
    const expected = new Map(tensors);
    // A view of another tensor's storage, from its element 10 on.
    const shared = tensors.get('conv3.bias')!.data.slice(10, 20) as Float32Array;
    if (name === 'tied_view.pth') expected.set('fc2.bias', floatTensor([10], shared));
    expect('checkpoint' in result && result.checkpoint.weights).toEqual(expected);
  },
);

describe('files that others run', () => {
  // The larger ones against the onnx engine, which runs other operators than those that are exported.
  const cases: [ModelName, number, EngineName][] = [
    ['lenet5', 32, 'reference'],
    ['resnet20-cifar', 32, 'reference'],
    ['squeezenet1.1', 40, 'reference'],
    ['resnet18', 40, 'onnx'],
    ['mobilenet-v2', 40, 'onnx'],
    ['googlenet', 40, 'onnx'],
  ];

  for (const [name, size, engineName] of cases) {
    test(`${name} as ONNX gives the same results in ONNX Runtime, with and without folding`, async () => {
      const engine = await openEngine(engineName);
      const checkpoint = checkpointOf(name, size);
      for (const keepNormalization of [false, true]) {
        const exported = exportCheckpoint(inFolder(`${name}.onnx`), checkpoint, {
          engine,
          keepNormalization,
        });
        expect((await exported).maxDifference).toBeLessThan(1e-3);
      }
    }, 60_000);
  }

  test('an exported model contains preprocessing and class names', async () => {
    const path = inFolder('named.onnx');
    await exportCheckpoint(path, checkpointOf('lenet5', 32));
    const text = readFileSync(path, 'latin1');
    expect(text).toContain('"transform":"normalize"');
    expect(text).toContain('"class 9"');
  });

  test('weights survive export to safetensors, npz and pdparams unchanged', async () => {
    const checkpoint = checkpointOf('resnet20-cifar', 32);
    for (const name of ['r20.safetensors', 'r20.npz', 'r20.pdparams']) {
      expect(await exportCheckpoint(inFolder(name), checkpoint)).toMatchObject({ maxDifference: 0 });
      const back = await importWeights(inFolder(name), { model: checkpoint.model });
      expect('checkpoint' in back && back.checkpoint.weights).toEqual(checkpoint.weights);
    }
  });

  test('weights for Paddle have its names and its matrix layout', async () => {
    const checkpoint = checkpointOf('resnet20-cifar', 32);
    await exportCheckpoint(inFolder('paddle.pdparams'), checkpoint);
    const { format, metadata, tensors } = await readTensors(inFolder('paddle.pdparams'));
    expect(format).toBe('paddle');
    expect(Object.keys(metadata)).toEqual(['StructuredToParameterName@@']);
    expect([...tensors.keys()].slice(0, 5)).toEqual([
      'conv1.weight',
      'bn1.weight',
      'bn1.bias',
      'bn1._mean',
      'bn1._variance',
    ]);
    const ours = checkpoint.weights.get('linear.weight')!;
    const theirs = tensors.get('linear.weight')!;
    expect([ours.shape, theirs.shape]).toEqual([
      [10, 64],
      [64, 10],
    ]);
    expect(theirs.data[1]).toBe(ours.data[64]);
  });

  test.each([
    ['kept', true, 0],
    ['folded', false, 1e-4],
  ])(
    'an ONNX file with batch normalization %s comes back with the same logits',
    async (_, keepNormalization, tolerance) => {
      const checkpoint = checkpointOf('resnet20-cifar', 32);
      const engine = await openEngine('reference');
      const path = inFolder('back.onnx');
      await exportCheckpoint(path, checkpoint, { engine, keepNormalization });
      const back = await importWeights(path, { model: checkpoint.model });
      expect(back.report).toMatchObject({
        missing: [],
        unexpected: [],
        skipped: [],
        foldedNormalization: !keepNormalization,
      });
      if (!('checkpoint' in back)) throw new Error(back.fault);
      const images = floatTensor([1, 3, 32, 32], formulaTensor('images', [1, 3, 32, 32]).data);
      const [expected, got] = await Promise.all(
        [checkpoint, back.checkpoint].map(async (one) => {
          const session = openPredictor(one, engine, 1);
          const { logits } = await session.forward(images);
          session.dispose();
          return logits.data;
        }),
      );
      const scale = Math.max(...expected.map(Math.abs));
      for (const [i, logit] of expected.entries())
        expect(Math.abs(got[i] - logit)).toBeLessThanOrEqual(tolerance * scale);
    },
  );

  test('the error names options and classes that fit, and the report names options that cannot be inferred', async () => {
    const torchvision = createModel('googlenet', {
      classes: 7,
      batchNorm: true,
      auxiliary: true,
      stemStride: 2,
    });
    const path = inFolder('googlenet.safetensors');
    await writeSafetensors(path, initialize(torchvision.network, 'pytorch', 0));
    const rejected = await importWeights(path, { model: createModel('googlenet', { classes: 10 }) });
    expect('fault' in rejected && rejected.fault).toMatch(
      /It fits googlenet with --option auxiliary=true .* and --option batchNorm=true .*stemStride=2.* and --classes 7\./,
    );
    const loaded = await importWeights(path, { model: torchvision });
    expect(loaded.report).toMatchObject({ missing: [], assumed: ['stemStride=2'] });
  });

  test('an unknown file extension is rejected', async () => {
    await expect(exportCheckpoint(inFolder('x.pt'), checkpointOf('lenet5', 32))).rejects.toThrow(
      'the file extension must be one of .onnx, .safetensors, .npz, .pdparams, got "',
    );
  });
});

async function imported(path: string, name: ModelName, classes: number): Promise<Checkpoint> {
  const model = createModel(name, { classes });
  const result = await importWeights(path, {
    model,
    preprocessing: importedPreprocessing(model, imageNet),
  });
  if ('checkpoint' in result) return result.checkpoint;
  throw new Error(result.fault);
}

/** `[N, 3, 32, 32]`, prepared. A record is the label and 3 x 1024 pixels. */
function firstCifarImages(count: number): FloatTensor {
  const bytes = gunzipSync(readFileSync(join(cifar10!, 'cifar10-data_batch_1-first4000.bin.gz')));
  const data = Float32Array.from({ length: count * 3072 }, (_, i) => {
    const channel = Math.floor((i % 3072) / 1024);
    const pixel = bytes[Math.floor(i / 3072) * 3073 + 1 + (i % 3072)];
    return (pixel / 255 - imageNet.mean[channel]) / imageNet.std[channel];
  });
  return floatTensor([count, 3, 32, 32], data);
}

/** A network of ten classes with values that keep its numbers within a few powers of ten. */
function checkpointOf(name: ModelName, size: number): Checkpoint {
  const { input } = createModel(name);
  const model = createModel(name, { classes: 10, input: [input[0], size, size] });
  const values = [...namedParameters(model.network)].map(([parameter, { shape }]) => {
    const { data } = formulaTensor(parameter, shape);
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    const value = (x: number) => (shape.length > 1 ? x * Math.sqrt(6 / fanIn) : 1 + x / 4);
    return [parameter, floatTensor(shape, data.map(value))] as const;
  });
  return {
    model,
    weights: new Map(values),
    preprocessing: importedPreprocessing(model),
    classes: Array.from({ length: 10 }, (_, i) => `class ${i}`),
    loss: defaultLoss(model),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: values from a file, with fields that the tests name.
function readJson(path: string): any {
  return JSON.parse(readFileSync(join(weights!, path), 'utf8'));
}
