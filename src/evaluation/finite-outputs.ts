// Checks that the outputs of a network are finite: metrics of NaN mean nothing.
import { DataError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { describeNonFinite, isAllFinite } from '../checkpoints/finite.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import type { Outputs } from './predictor.ts';

/**
 * What is wrong with the outputs of each image; undefined for those that are finite.
 * @param nameOf what to call the image of a row
 */
export function outputFaults(
  checkpoint: Pick<Checkpoint, 'model' | 'weights'>,
  { logits, probabilities }: Outputs,
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
