// Weights and outputs have to be finite numbers: a metric of NaN, or a prediction from it, would mean nothing.
import { DataError } from '../base/errors.ts';
import { formatList } from '../base/text.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Scores } from './session.ts';

/** Whether no value is infinite or NaN. */
export function isAllFinite(values: Float32Array): boolean {
  // Infinity and NaN make a sum NaN. Two sums: additions of one wait for each other.
  let [even, odd] = [0, 0];
  const end = values.length - (values.length % 2);
  for (let i = 0; i < end; i += 2) {
    even += values[i] * 0;
    odd += values[i + 1] * 0;
  }
  if (end < values.length) even += values[end] * 0;
  return even + odd === 0;
}

/** Names of the tensors with infinite or NaN values. */
export function nonFiniteNames(weights: ReadonlyMap<string, FloatTensor>): string[] {
  return [...weights].filter(([, { data }]) => !isAllFinite(data)).map(([name]) => name);
}

/** `3 of its 10 tensors are not finite (conv1.bias, ...)`; empty if all are. */
export function describeNonFinite(weights: ReadonlyMap<string, FloatTensor>): string {
  const names = nonFiniteNames(weights);
  if (names.length === 0) return '';
  return `${names.length} of its ${weights.size} tensors of weights hold NaN or infinite values (${formatList(names)})`;
}

/**
 * What is wrong with the outputs of each image; undefined for those that are finite.
 * @param nameOf what to call the image of a row
 */
export function outputFaults(
  checkpoint: Pick<Checkpoint, 'model' | 'weights'>,
  { logits, probabilities }: Scores,
  nameOf: (row: number) => string,
): (DataError | undefined)[] {
  const isSound = isAllFinite(logits.data) && isAllFinite(probabilities.data);
  return Array.from({ length: logits.shape[0] }, (_, row) => {
    if (isSound || (isAllFinite(rowOf(logits, row)) && isAllFinite(rowOf(probabilities, row))))
      return undefined;
    return nonFiniteOutputs(checkpoint, nameOf(row));
  });
}

/**
 * Checks outputs, such as logits, that stand for images in rows `[N, K]`.
 * @throws DataError for the first image whose outputs are not finite
 */
export function checkFinite(
  checkpoint: Pick<Checkpoint, 'model' | 'weights'>,
  outputs: FloatTensor,
  nameOf: (row: number) => string,
): void {
  if (isAllFinite(outputs.data)) return;
  const row = Array.from({ length: outputs.shape[0] }).findIndex((_, i) => !isAllFinite(rowOf(outputs, i)));
  throw nonFiniteOutputs(checkpoint, nameOf(row));
}

/** The error for NaN or infinite outputs, with the likely cause. */
function nonFiniteOutputs(
  { model, weights }: Pick<Checkpoint, 'model' | 'weights'>,
  image: string,
): DataError {
  const fault = describeNonFinite(weights);
  const cause = fault === '' ? 'its weights are finite, but so large that the sums overflow' : fault;
  return new DataError(
    `${image}: the outputs of ${model.name} are NaN or infinite, expected finite numbers: ${cause}. The training ` +
      'diverged or the file is damaged; use an earlier checkpoint, or train with a smaller learning rate.',
  );
}

function rowOf({ data, shape }: FloatTensor, row: number): Float32Array {
  const width = data.length / shape[0];
  return data.subarray(row * width, (row + 1) * width);
}
