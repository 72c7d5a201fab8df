// Image statistics such as brightness and sharpness, and how much two sets differ in them.
import { withChannels } from '../image/channels.ts';
import { shrinkInto } from '../image/fit.ts';
import type { Image } from '../image/image.ts';

interface StatisticMeaning {
  readonly unit: string;
  /** Words for a set with a higher value than another, and with a lower one. */
  readonly more: string;
  readonly less: string;
}

/** The statistics. Those of pixels are measured after shrinking the image into 256 x 256, so that all sizes are comparable. */
const imageStatistics = {
  brightness: { unit: 'mean gray level, 0–255', more: 'brighter', less: 'darker' },
  contrast: { unit: 'std of the gray level', more: 'higher in contrast', less: 'lower in contrast' },
  sharpness: { unit: 'variance of the Laplacian', more: 'sharper', less: 'blurrier' },
  saturation: { unit: 'HSV saturation, 0–1', more: 'more saturated', less: 'less saturated' },
  red: { unit: 'mean minus mean gray level', more: 'redder', less: 'less red' },
  green: { unit: 'mean minus mean gray level', more: 'greener', less: 'less green' },
  blue: { unit: 'mean minus mean gray level', more: 'bluer', less: 'less blue' },
  width: { unit: 'pixels', more: 'wider', less: 'narrower' },
  height: { unit: 'pixels', more: 'taller', less: 'shorter' },
  aspect: { unit: 'width / height', more: 'wider in aspect ratio', less: 'narrower in aspect ratio' },
  bytes: { unit: 'file size', more: 'larger in file size', less: 'smaller in file size' },
} as const satisfies Record<string, StatisticMeaning>;

export type StatisticName = keyof typeof imageStatistics;
const statisticNames = Object.keys(imageStatistics) as StatisticName[];

/** The statistics of one image; `bytes` only if it is a file. */
export type ImageStatistics = Readonly<Record<Exclude<StatisticName, 'bytes'>, number>> & {
  readonly bytes?: number;
};

const SIDE = 256;

/** The image, shrunk to at most 256 pixels per side. */
export function fitted(image: Image): Image {
  return shrinkInto(image, SIDE);
}

/** The statistics of an image. @param small the image, shrunk by `fitted` @param bytes size of its file */
export function measureImage({ width, height }: Image, small: Image, bytes?: number): ImageStatistics {
  const gray = withChannels(small, 1);
  const { mean: brightness, variance } = moments(gray.data);
  return {
    brightness,
    contrast: Math.sqrt(variance),
    sharpness: moments(laplacian(gray)).variance,
    ...colorStatistics(small, brightness),
    width,
    height,
    aspect: width / height,
    ...(bytes !== undefined && { bytes }),
  };
}

/** The 4-neighbor Laplacian of all pixels except the border. */
function laplacian({ width, height, data }: Image): Float64Array {
  const [rows, columns] = [Math.max(0, height - 2), Math.max(0, width - 2)];
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const at = (Math.floor(i / columns) + 1) * width + (i % columns) + 1;
    return data[at - 1] + data[at + 1] + data[at - width] + data[at + width] - 4 * data[at];
  });
}

function colorStatistics({ channels, data }: Image, brightness: number) {
  if (channels === 1) return { saturation: 0, red: 0, green: 0, blue: 0 };
  const sums = { saturation: 0, red: 0, green: 0, blue: 0 };
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
    const most = Math.max(red, green, blue);
    if (most > 0) sums.saturation += (most - Math.min(red, green, blue)) / most;
    sums.red += red;
    sums.green += green;
    sums.blue += blue;
  }
  const pixels = data.length / 3;
  return {
    saturation: sums.saturation / pixels,
    red: sums.red / pixels - brightness,
    green: sums.green / pixels - brightness,
    blue: sums.blue / pixels - brightness,
  };
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
}

function moments(values: ArrayLike<number>): Moments {
  const { length } = values;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < length; i++) sum += values[i];
  const mean = length > 0 ? sum / length : 0;
  for (let i = 0; i < length; i++) squares += (values[i] - mean) ** 2;
  return { mean, variance: length > 0 ? squares / length : 0 };
}

/** Mean and standard deviation over the images of a set. */
interface MeanAndStd {
  readonly mean: number;
  readonly std: number;
}

export interface StatisticDifference {
  readonly name: StatisticName;
  readonly unit: string;
  readonly reference: MeanAndStd;
  readonly target: MeanAndStd;
  /**
   * Cohen's d: difference of the means, divided by the root of the mean variance. 0.2 is small, 0.8 is large. Null if both sets
   * are constant but different.
   */
  readonly difference: number | null;
  /** What the target is, compared with the reference: `brighter`. */
  readonly word: string;
}

/** Compares each statistic of both sets; `bytes` only if all images are files. */
export function compareStatistics(
  reference: readonly ImageStatistics[],
  target: readonly ImageStatistics[],
): StatisticDifference[] {
  return statisticNames.flatMap((name) => {
    const values = [reference, target].map((set) => set.flatMap((image) => image[name] ?? []));
    if (values[0].length < reference.length || values[1].length < target.length) return [];
    const [a, b] = values.map(moments) as [Moments, Moments];
    const { unit, more, less } = imageStatistics[name];
    const meanAndStd = ({ mean, variance }: Moments) => ({ mean, std: Math.sqrt(variance) });
    const word = b.mean > a.mean ? more : less;
    return [
      { name, unit, reference: meanAndStd(a), target: meanAndStd(b), difference: standardized(a, b), word },
    ];
  });
}

/** Relative differences of means below this are rounding errors. */
const ROUNDING = 1e-9;

function standardized(reference: Moments, target: Moments): number | null {
  const change = target.mean - reference.mean;
  if (Math.abs(change) <= ROUNDING * Math.abs(reference.mean)) return 0;
  const std = Math.sqrt((reference.variance + target.variance) / 2);
  return std > 0 ? change / std : null;
}
