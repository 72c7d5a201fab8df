// When a plateau is reached: torch.optim.lr_scheduler.ReduceLROnPlateau with mode 'min' and a relative threshold.
import type { FullSchedule } from './schedules.ts';

/** Where a plateau schedule stands; plain data, which checkpoints keep. */
export interface PlateauState {
  /** Lowest validation loss so far. */
  readonly lowest: number;
  /** Validations since, those while cooling down not counted. */
  readonly waited: number;
  /** Validations that are still not counted. */
  readonly cooling: number;
  /** How often the learning rate was reduced. */
  readonly reductions: number;
}

/**
 * The state after one more validation.
 * @param state undefined before the first one
 */
export function afterValidation(
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
