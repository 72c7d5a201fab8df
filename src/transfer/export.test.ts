// The check of exported ONNX files.
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Checkpoint } from '../checkpoints/index.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import type { Value } from '../graph/graph.ts';
import { Conv2d, defineModel, Flatten, initialize, Linear, Module } from '../nn/index.ts';
import { sub } from '../ops/arithmetic.ts';
import { maxPool } from '../ops/max-pool.ts';
import { pad } from '../ops/pad.ts';
import { floatTensor } from '../tensor/tensor.ts';
import { defaultLoss } from '../train/index.ts';
import { exportCheckpoint } from './export.ts';

/** Zeros around negative values, then a max pool: what graph optimizers like to get wrong. */
class PaddedPool extends Module {
  readonly conv = new Conv2d(1, 3, 3);
  readonly flatten = new Flatten();
  readonly fc = new Linear(3 * 4 * 4, 2);

  forward(x: Value): Value {
    const far = sub(this.conv.call(x), x.graph.constant(floatTensor([1], [10])));
    const padded = pad(far, { pads: [0, 0, 1, 1, 0, 0, 1, 1] });
    return this.fc.call(this.flatten.call(maxPool(padded, { kernelShape: [2, 2] })));
  }
}

function checkpoint(): Checkpoint {
  const model = defineModel({ name: 'padded-pool', network: new PaddedPool(), input: [1, 8, 8], classes: 2 });
  const weights = initialize(model.network, model.init, 0);
  return { model, weights, preprocessing: [], classes: ['a', 'b'], loss: defaultLoss(model) };
}

function inTemporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-export-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, name);
}

test('a file gives the logits of the reference engine, whatever ONNX Runtime fuses', async () => {
  const { maxDifference } = await exportCheckpoint(inTemporaryFolder('pool.onnx'), checkpoint());
  expect(maxDifference).toBeLessThan(1e-5);
});

test('a file whose logits differ is refused, with both values', async () => {
  const moved = new Map(checkpoint().weights);
  const bias = moved.get('fc.bias')!;
  const other: typeof referenceEngine = {
    ...referenceEngine,
    createState(variables) {
      const state = referenceEngine.createState(variables);
      const write = state.write.bind(state);
      state.write = (name, value) =>
        write(name, name === 'fc.bias' ? floatTensor(bias.shape, [bias.data[0] + 1, bias.data[1]]) : value);
      return state;
    },
  };
  const path = inTemporaryFolder('pool.onnx');
  await expect(exportCheckpoint(path, checkpoint(), { engine: other })).rejects.toThrow(
    /differ from those of padded-pool on the reference engine by up to 1\.0+, and by 1\.0+ without ONNX Runtime's graph/,
  );
});
