// What training does to gradients and weights besides the optimizer's update: plain data, stored in checkpoints.

import { unknownName } from '../base/errors.ts';
import {
  checkOption,
  choice,
  type OptionTable,
  option,
  type PickedOf,
  positive,
  positiveInteger,
} from '../base/option.ts';

/** One row per setting. */
export const updateOptions = {
  /**
   * Parameters weight decay applies to: `all` (default, as in PyTorch), or `weights`, those with two axes or more, without
   * biases and the scales and shifts of normalization layers. He et al. 2019, "Bag of tricks".
   */
  decay: option(
    choice(['all', 'weights']),
    'weight decay targets',
    'parameters to decay; weights excludes biases and normalization',
    { default: 'all', placeholder: 'what', example: 'weights' },
  ),
  /** Maximum norm of all gradients together; larger gradients are scaled down. Pascanu et al. 2013. */
  clipNorm: option(
    positive,
    'maximum gradient norm',
    'scale gradients down to this norm, over all parameters',
    { example: 0.1 },
  ),
  /**
   * Batches to accumulate gradients over (default: 1); an update uses their mean. Every batch is a step of the run. The last
   * update of an epoch uses the batches that are left; none is carried into the next epoch.
   */
  accumulate: option(positiveInteger, 'batches per update', 'accumulate gradients over N batches', {
    default: 1,
    placeholder: 'n',
    example: 2,
  }),
  /**
   * Decay of an exponential moving average (EMA) of weights and running statistics, updated at every update. It starts at the
   * initial weights, so that a run should have several times 1 / (1 - ema) updates. Validation, test and the best checkpoint
   * use the averages. Polyak & Juditsky 1992.
   */
  ema: option(
    { type: 'number', min: 0, below: 1 },
    'EMA decay',
    'exponential moving average (EMA) of the weights, such as 0.999',
    { example: 0.9 },
  ),
} as const satisfies OptionTable;

/** Settings of the parameter update, beside the optimizer's: one optional field for each row of the table. */
export type UpdateSettings = PickedOf<typeof updateOptions>;

/**
 * Checks settings of unknown origin.
 * @throws UsageError for an unknown setting, or a value that is not valid
 */
export function readUpdateSettings(json: unknown): UpdateSettings {
  const settings = Object(json) as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(settings)) {
    if (!Object.hasOwn(updateOptions, key))
      throw unknownName('update setting', key, Object.keys(updateOptions));
    checkOption(updateOptions[key as keyof UpdateSettings], value);
  }
  return settings;
}
