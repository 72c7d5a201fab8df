// Gradient accumulation: which batches make up an update.

/** Where a step is in the update that its gradients go into. */
export interface AccumulationPlace {
  /** Number of the update, from 1. */
  readonly update: number;
  /** Place of the step's batch among those of the update, from 0. */
  readonly index: number;
  /** Batches of the update: fewer than asked for where an epoch ends before. */
  readonly batches: number;
}

/**
 * The place of a step. Every epoch begins with a new update, so that its last update is made of the batches there are;
 * where updates begin does not depend on how many epochs follow.
 * @param step from 1
 * @param accumulate batches to an update
 * @param stepsPerEpoch Infinity for steps that are in no epoch
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
