// What becomes of gradients besides the optimizer's step: plain data, which checkpoints keep.
import { UsageError, unknownName } from '../base/errors.ts';

export interface UpdateSettings {
  /**
   * What weight decay pulls at: every parameter, as in PyTorch and unless given; or weights alone, which are the parameters
   * of two axes or more: no biases, and no scales and shifts of normalisations. He et al. 2019, "Bag of tricks".
   */
  readonly decay?: 'all' | 'weights';
  /** The most that the norm of all gradients together may be; above it they are scaled down. Pascanu et al. 2013. */
  readonly clipNorm?: number;
  /**
   * Batches whose mean gradient makes one update (default: 1). Every batch is a step of the run. The last update of an epoch
   * is the mean of the batches that are left; none is carried into the next epoch.
   */
  readonly accumulate?: number;
  /**
   * Keeps exponential moving averages of weights and statistics, of which this share stays at each update; they begin at the
   * starting values, so that a run should have several times 1 / (1 - ema) updates. Validation, test and the best checkpoint
   * have the averages. Polyak & Juditsky 1992.
   */
  readonly ema?: number;
}

interface Rule {
  readonly expected: string;
  fits(value: unknown): boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const rules: Readonly<Record<keyof UpdateSettings, Rule>> = {
  decay: { expected: "'all' or 'weights'", fits: (value) => value === 'all' || value === 'weights' },
  clipNorm: { expected: 'a number above 0', fits: (value) => isNumber(value) && value > 0 },
  accumulate: {
    expected: 'a whole number of batches from 1',
    fits: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  },
  ema: {
    expected: 'a share from 0, below 1, such as 0.999',
    fits: (value) => isNumber(value) && value >= 0 && value < 1,
  },
};

/**
 * Checks settings that may come from anywhere.
 * @throws UsageError for an unknown setting, or a value that it cannot have
 */
export function readUpdateSettings(json: unknown): UpdateSettings {
  const settings = Object(json) as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(rules, key)) throw unknownName('setting of the update', key, Object.keys(rules));
    const { expected, fits } = rules[key as keyof UpdateSettings];
    if (fits(value)) continue;
    throw new UsageError(`${key} of the update is ${JSON.stringify(value)}; expected ${expected}.`);
  }
  return settings;
}
