// The state of a plateau schedule: torch.optim.lr_scheduler.ReduceLROnPlateau with mode 'min' and a relative threshold.
import type { FullSchedule } from './schedule-settings.ts';

/** State of a plateau schedule; plain data, stored in checkpoints. */
export interface PlateauState {
  /** Lowest validation loss so far. */
  readonly lowest: number;
  /** Evaluations without a lower loss since, not counting the cooldown. */
  readonly waited: number;
  /** Evaluations of the cooldown that are left. */
  readonly cooling: number;
  /** Reductions of the learning rate so far. */
  readonly reductions: number;
}

/**
 * The state after another evaluation.
 * @param state undefined before the first evaluation
 */
export function nextPlateau(
  { patience, threshold, cooldown }: Extract<FullSchedule, { name: 'plateau' }>,
  state: PlateauState | undefined,
  loss: number,
): PlateauState {
  const { lowest, waited, cooling, reductions } = state ?? {
    lowest: Infinity,
    waited: 0,
    cooling: 0,
    reductions: 0,
  };
  const lower = loss < lowest * (1 - threshold);
  const waits = lower || cooling > 0 ? 0 : waited + 1;
  const next = { lowest: lower ? loss : lowest, reductions };
  return waits > patience
    ? { ...next, waited: 0, cooling: cooldown, reductions: reductions + 1 }
    : { ...next, waited: waits, cooling: Math.max(0, cooling - 1) };
}
