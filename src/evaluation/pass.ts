// One pass of a model over a data set: outputs batch by batch, mean loss and accuracy.
import type { Dataset } from '../data/dataset.ts';
import { Loader, type LoadingOptions } from '../data/loading/loader.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { Graph } from '../graph/graph.ts';
import { countCorrect, Mean, predictedClasses, wilsonInterval } from '../metrics/index.ts';
import type { Loss } from '../nn/index.ts';
import { toProgram } from '../program/program.ts';
import type { FloatTensor, IntTensor } from '../tensor/tensor.ts';
import type { Outputs, Predictor } from './predictor.ts';

/** Loss and accuracy over `count` images. */
export interface Metrics {
  readonly count: number;
  readonly loss: number;
  /** Fraction of the images that were classified correctly. */
  readonly accuracy: number;
  /** 95% confidence interval of the accuracy (Wilson). */
  readonly interval: readonly [low: number, high: number];
}

/** Outputs of one batch, with its labels. */
export interface PredictedBatch extends Outputs {
  readonly labels: IntTensor;
  /** Index of each image in the data set. */
  readonly indices: Uint32Array;
}

/** Outputs for a whole data set, batch by batch, in its order. */
export async function* predictAll(
  predictor: Predictor,
  dataset: Dataset,
  preprocessing: Preprocessing,
  workers?: LoadingOptions['workers'],
): AsyncGenerator<PredictedBatch, void, undefined> {
  const loader = new Loader(dataset, { preprocessing, batchSize: predictor.batchSize, workers });
  for await (const batch of loader.epoch(0)) {
    const outputs = await predictor.forward(batch.images);
    yield { ...outputs, labels: batch.labels, indices: batch.indices };
    loader.recycle(batch);
  }
}

/** Accumulates loss and accuracy batch by batch. */
export class MetricCounter {
  private readonly loss: Loss;
  private readonly mean = new Mean();
  private correct = 0;

  constructor(loss: Loss) {
    this.loss = loss;
  }

  async add(logits: FloatTensor, labels: IntTensor): Promise<void> {
    this.mean.add(await lossOnHost(this.loss, logits, labels), labels.data.length);
    this.correct += countCorrect(predictedClasses(logits.data, logits.shape[1]), labels.data);
  }

  get metrics(): Metrics {
    const { count, value: loss } = this.mean;
    const interval = wilsonInterval(this.correct, count);
    return { count, loss, accuracy: this.correct / count, interval };
  }
}

/** Higher accuracy, or the same accuracy and a lower loss. Never with a NaN or infinite loss. */
export function isBetter(metrics: Metrics, best: Pick<Metrics, 'accuracy' | 'loss'> | undefined): boolean {
  if (!Number.isFinite(metrics.loss)) return false;
  if (!best || metrics.accuracy !== best.accuracy) return !best || metrics.accuracy > best.accuracy;
  return metrics.loss < best.loss;
}

/**
 * Mean loss of logits `[N, K]`, computed by the reference engine, which sums in double precision: it does not depend on
 * the engine or the batch size.
 */
export async function lossOnHost(loss: Loss, logits: FloatTensor, labels: IntTensor): Promise<number> {
  const graph = new Graph('inference');
  const input = graph.input('logits', logits, 'batch');
  const program = toProgram(`loss ${loss.name}`, graph, { loss: loss.build(input) });
  const executable = await referenceEngine.compile(program, referenceEngine.createState([]));
  const results = await executable.run({ logits, labels: loss.encode(labels) });
  return results.loss.data[0];
}
