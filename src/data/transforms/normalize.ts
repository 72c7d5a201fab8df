// Normalization: from bytes to numbers around 0. The last transform of every list.
import { DataError } from '../../base/errors.ts';
import { channelValues } from './fields.ts';
import { type Rule, sameShapeAs } from './rule.ts';

/** (pixel - mean) / std for each channel; pixels, mean and std in units of 0 .. 255. */
export interface Normalize {
  readonly transform: 'normalize';
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Leaves the pixels as they are: `Preprocessor.write` computes the normalized numbers. */
export const normalizeRule: Rule<Normalize> = {
  read(fields, place) {
    const mean = channelValues(fields, 'mean', place);
    const std = channelValues(fields, 'std', place);
    if (mean.length !== std.length || std.some((value) => value <= 0)) {
      throw new DataError(
        `${place}: mean is [${mean.join(', ')}] and std is [${std.join(', ')}]; expected one value per channel in ` +
          'each, those of std above 0.',
      );
    }
    return { transform: 'normalize', mean, std };
  },
  shape: sameShapeAs,
  apply: (_, image) => image,
};
