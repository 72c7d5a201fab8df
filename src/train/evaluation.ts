// One pass of a session over a data set, and the loss of its logits on the host.
import type { Dataset } from '../data/dataset.ts';
import { Loader, type LoadingOptions } from '../data/loading/loader.ts';
import type { Preprocessing } from '../data/transforms/transforms.ts';
import { referenceEngine } from '../engines/reference/index.ts';
import { Graph } from '../graph/graph.ts';
import { countCorrect, Mean, predictedClasses, wilsonInterval } from '../metrics/index.ts';
import type { Loss } from '../nn/index.ts';
import { toProgram } from '../program/program.ts';
import type { FloatTensor, IntTensor } from '../tensor/tensor.ts';
import type { Figures } from './events.ts';
import type { Scores, Session } from './session.ts';

/** Scores of one batch, with what is known of its images. */
export interface ScoredBatch extends Scores {
  readonly labels: IntTensor;
  /** Where in the data set each image is. */
  readonly indices: Uint32Array;
}

/** Scores of a whole data set in its order, batch by batch. */
export async function* scoreAll(
  session: Session,
  dataset: Dataset,
  preprocessing: Preprocessing,
  workers?: LoadingOptions['workers'],
): AsyncGenerator<ScoredBatch, void, undefined> {
  const loader = new Loader(dataset, { preprocessing, batchSize: session.batchSize, workers });
  for await (const batch of loader.epoch(0)) {
    const scores = await session.forward(batch.images);
    yield { ...scores, labels: batch.labels, indices: batch.indices };
    loader.recycle(batch);
  }
}

/** Loss and accuracy, collected batch by batch. */
export class FigureCounter {
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

  get figures(): Figures {
    const { count, value: loss } = this.mean;
    const interval = wilsonInterval(this.correct, count);
    return { count, loss, accuracy: this.correct / count, interval };
  }
}

/** More accurate, or as accurate with a lower loss; never with a loss that is no number. */
export function isBetter(figures: Figures, best: Pick<Figures, 'accuracy' | 'loss'> | undefined): boolean {
  if (!Number.isFinite(figures.loss)) return false;
  if (!best || figures.accuracy !== best.accuracy) return !best || figures.accuracy > best.accuracy;
  return figures.loss < best.loss;
}

/**
 * Mean loss of logits `[N, K]`, by the operators' own reference computation, which sums in double precision: the same
 * for every engine, and exact for batches of any size.
 */
export async function lossOnHost(loss: Loss, logits: FloatTensor, labels: IntTensor): Promise<number> {
  const graph = new Graph('inference');
  const input = graph.input('logits', logits, 'batch');
  const program = toProgram(`loss ${loss.name}`, graph, { loss: loss.build(input) });
  const executable = await referenceEngine.compile(program, referenceEngine.createState([]));
  const results = await executable.run({ logits, labels: loss.encode(labels) });
  return results.loss.data[0];
}
