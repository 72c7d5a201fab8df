// Gradient accumulation: which batches belong to an update.

/** Position of a step in its update. */
export interface AccumulationPlace {
  /** Number of the update, from 1. */
  readonly update: number;
  /** Index of the step's batch in the update, from 0. */
  readonly index: number;
  /** Batches of the update: fewer at the end of an epoch. */
  readonly batches: number;
}

/**
 * The position of a step. Every epoch starts a new update, so that the last update of an epoch may have fewer batches, and
 * updates do not depend on the number of epochs.
 * @param step from 1
 * @param accumulate batches per update
 * @param stepsPerEpoch Infinity for steps without epochs
 */
export function accumulationPlace(
  step: number,
  accumulate: number,
  stepsPerEpoch = Number.POSITIVE_INFINITY,
): AccumulationPlace {
  const epoch = Math.floor((step - 1) / stepsPerEpoch);
  const updatesPerEpoch = Math.ceil(stepsPerEpoch / accumulate);
  const steps = epoch === 0 ? step - 1 : (step - 1) % stepsPerEpoch; // Before this one in its epoch.
  const index = steps % accumulate;
  return {
    update: (epoch === 0 ? 0 : epoch * updatesPerEpoch) + Math.floor(steps / accumulate) + 1,
    index,
    batches: Math.min(accumulate, stepsPerEpoch - (steps - index)),
  };
}
