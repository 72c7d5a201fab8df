// What plain figures say of an image, and how much two sets differ in them.
import { withChannels } from '../image/channels.ts';
import { shrinkInto } from '../image/fit.ts';
import type { Image } from '../image/image.ts';

interface StatisticMeaning {
  readonly unit: string;
  /** How a set is called that has more of it than another, and how one that has less. */
  readonly more: string;
  readonly less: string;
}

/** The figures of an image; those of pixels are measured on the image fitted into 256 x 256, so that photographs of any size compare. */
export const imageStatistics = {
  brightness: { unit: 'mean of grey, 0..255', more: 'brighter', less: 'darker' },
  contrast: { unit: 'deviation of grey', more: 'richer in contrast', less: 'poorer in contrast' },
  sharpness: { unit: 'variance of the Laplacian', more: 'sharper', less: 'blurrier' },
  saturation: { unit: 'of HSV, 0..1', more: 'more colourful', less: 'less colourful' },
  red: { unit: 'mean, less that of grey', more: 'redder', less: 'less red' },
  green: { unit: 'mean, less that of grey', more: 'greener', less: 'less green' },
  blue: { unit: 'mean, less that of grey', more: 'bluer', less: 'less blue' },
  width: { unit: 'pixels', more: 'wider', less: 'narrower' },
  height: { unit: 'pixels', more: 'higher', less: 'lower' },
  aspect: { unit: 'width / height', more: 'wider for their height', less: 'narrower for their height' },
  bytes: { unit: 'size of the file', more: 'larger as files', less: 'smaller as files' },
} as const satisfies Record<string, StatisticMeaning>;

export type StatisticName = keyof typeof imageStatistics;
export const statisticNames = Object.keys(imageStatistics) as StatisticName[];

/** The figures of one image; `bytes` where it is a file of its own. */
export type ImageStatistics = Readonly<Record<Exclude<StatisticName, 'bytes'>, number>> & {
  readonly bytes?: number;
};

const SIDE = 256;

/** The image in its own shape, with no side of more than 256 pixels. */
export function fitted(image: Image): Image {
  return shrinkInto(image, SIDE);
}

/** @param small the image, fitted */
export function measureImage({ width, height }: Image, small: Image, bytes?: number): ImageStatistics {
  const grey = withChannels(small, 1);
  const { mean: brightness, variance } = moments(grey.data);
  return {
    brightness,
    contrast: Math.sqrt(variance),
    sharpness: moments(laplacian(grey)).variance,
    ...colorStatistics(small, brightness),
    width,
    height,
    aspect: width / height,
    ...(bytes !== undefined && { bytes }),
  };
}

/** Differences of each pixel inside the borders from its four neighbors. */
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

/** How a figure is spread over the images of a set. */
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
   * (mean of the target - mean of the reference) / root of the mean of both variances (Cohen's d): 0.2 is small, 0.8 large. Null
   * where neither set varies but they differ.
   */
  readonly difference: number | null;
  /** How the target is called beside the reference: `brighter`. */
  readonly word: string;
}

/** Each figure in both sets; `bytes` only where all images are files. */
export function compareStatistics(
  reference: readonly ImageStatistics[],
  target: readonly ImageStatistics[],
): StatisticDifference[] {
  return statisticNames.flatMap((name) => {
    const values = [reference, target].map((set) => set.flatMap((figures) => figures[name] ?? []));
    if (values[0].length < reference.length || values[1].length < target.length) return [];
    const [a, b] = values.map(moments) as [Moments, Moments];
    const { unit, more, less } = imageStatistics[name];
    const spread = ({ mean, variance }: Moments) => ({ mean, std: Math.sqrt(variance) });
    const word = b.mean > a.mean ? more : less;
    return [{ name, unit, reference: spread(a), target: spread(b), difference: standardized(a, b), word }];
  });
}

/** Share of a mean that is nothing but rounding. */
const ROUNDING = 1e-9;

function standardized(reference: Moments, target: Moments): number | null {
  const change = target.mean - reference.mean;
  if (Math.abs(change) <= ROUNDING * Math.abs(reference.mean)) return 0;
  const spread = Math.sqrt((reference.variance + target.variance) / 2);
  return spread > 0 ? change / spread : null;
}
