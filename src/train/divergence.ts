// The error of a diverged run.
import { TrainingError } from '../base/errors.ts';

/**
 * The error, with advice.
 * @param rate the current learning rate
 * @param kept step of the last saved checkpoint, and the folder of the run if it has one
 */
export function divergence(
  what: string,
  rate: number,
  kept: { readonly step: number; readonly path: string | undefined },
): TrainingError {
  const checkpoints =
    kept.path !== undefined && kept.step > 0
      ? ` The checkpoints of step ${kept.step} and before are kept in ${kept.path}.`
      : '';
  return new TrainingError(
    `${what}, with learning rate ${rate}: the run diverged. Use a smaller learning rate, such as ${rate / 10}, or ` +
      'let `fovea lr-find` (testRates) find one; clipping gradients (clipNorm) helps against single large steps. Check ' +
      `that the preprocessing scales images to about -1..1.${checkpoints}`,
  );
}
