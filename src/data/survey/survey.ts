// Surveys a data set: counts, sizes, pixel statistics, duplicates, unreadable files.
import { createHash } from 'node:crypto';
import { decodeImage, readImageFile } from '../../image/decode.ts';
import type { Image } from '../../image/image.ts';
import type { ValueRange } from '../../image/value-range.ts';
import { findValueRange } from '../../image/vips.ts';
import { type Dataset, labelsOf, type SplitDataset, type SplitName, splitNames } from '../dataset.ts';
import { HighBitDepthRange } from './high-bit-depth.ts';
import { type ChannelStatistics, PixelStatistics } from './pixel-statistics.ts';
import { forEachIndex, toUnreadable, type Unreadable } from './unreadable.ts';

/** The result of `survey`. */
export interface Survey extends Partial<ChannelStatistics> {
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, SplitCounts>>;
  /** Sizes of all readable images; missing if there are none. */
  readonly sizes?: Sizes;
  /** Groups of images with the same bytes. */
  readonly duplicates: readonly Duplicates[];
  readonly unreadable: readonly Unreadable[];
  /** Notes about the images, one sentence each. */
  readonly notes: readonly string[];
}

export interface SplitCounts {
  readonly count: number;
  /** In the order of the classes. */
  readonly perClass: readonly { readonly label: string; readonly count: number }[];
}

export interface Sizes {
  readonly width: SampleStatistics;
  readonly height: SampleStatistics;
  /** Number of images with one channel, and with three; the name is part of the JSON output. */
  readonly grey: number;
  readonly rgb: number;
}

export interface SampleStatistics {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Duplicates {
  readonly images: readonly { readonly name: string; readonly split: SplitName; readonly label: string }[];
  /** Whether the image is both in train and in valid or test, which makes metrics too good. */
  readonly leaks: boolean;
  /** Whether they have different labels, so that at least one is wrong. */
  readonly disagree: boolean;
}

/**
 * Reads every image of the three splits once: counts per class, sizes, mean and standard deviation of pixels, duplicates (also
 * between splits), and files that cannot be read.
 *
 *     const { duplicates, unreadable, mean, std } = await survey(await openDataset('folder:photos'));
 *
 * @param onProgress called with the number of finished images
 */
export async function survey(
  data: SplitDataset,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Survey> {
  const surveyor = new Surveyor(data);
  const total = splitNames.reduce((sum, name) => sum + data.splits[name].length, 0);
  let done = 0;
  for (const split of splitNames) {
    await forEachIndex(data.splits[split].length, async (index) => {
      await surveyor.add(split, index);
      onProgress(++done, total);
    });
  }
  return surveyor.result();
}

interface Place {
  readonly split: SplitName;
  readonly index: number;
}

class Surveyor {
  private readonly data: SplitDataset;
  private readonly statistics = new PixelStatistics();
  private readonly widths: number[] = [];
  private readonly heights: number[] = [];
  private gray = 0;
  private readonly highBitDepth = new HighBitDepthRange();
  private readonly places = new Map<string, Place[]>();
  private readonly unreadable: Unreadable[] = [];

  constructor(data: SplitDataset) {
    this.data = data;
  }

  async add(split: SplitName, index: number): Promise<void> {
    const dataset = this.data.splits[split];
    try {
      const { image, digest, range } = await readSample(dataset, index);
      this.highBitDepth.add(range);
      const same = this.places.get(digest);
      if (same) same.push({ split, index });
      else this.places.set(digest, [{ split, index }]);
      this.statistics.add(image);
      this.widths.push(image.width);
      this.heights.push(image.height);
      if (image.channels === 1) this.gray++;
    } catch (error) {
      this.unreadable.push(toUnreadable(dataset.describe(index), error));
    }
  }

  result(): Survey {
    const { name, classes, splits, valueRange } = this.data;
    const note = valueRange ? undefined : this.highBitDepth.describe(name);
    const count = this.widths.length;
    const sizes = {
      width: sampleStatistics(this.widths),
      height: sampleStatistics(this.heights),
      grey: this.gray,
      rgb: count - this.gray,
    };
    return {
      name,
      classes,
      splits: { train: countsOf(splits.train), valid: countsOf(splits.valid), test: countsOf(splits.test) },
      ...(count > 0 && { sizes, ...this.statistics.result }),
      duplicates: this.duplicates(),
      unreadable: this.unreadable.sort((a, b) => (a.name < b.name ? -1 : 1)),
      notes: note === undefined ? [] : [note],
    };
  }

  private duplicates(): Duplicates[] {
    return [...this.places.values()]
      .filter((places) => places.length > 1)
      .map((places) => places.sort(inOrder))
      .sort(([a], [b]) => inOrder(a, b))
      .map((places) => this.group(places));
  }

  private group(places: readonly Place[]): Duplicates {
    const images = places.map(({ split, index }) => {
      const dataset = this.data.splits[split];
      return { name: dataset.describe(index), split, label: this.data.classes[dataset.label(index)] };
    });
    const trained = images.filter(({ split }) => split === 'train').length;
    return {
      images,
      leaks: trained > 0 && trained < images.length,
      disagree: new Set(images.map(({ label }) => label)).size > 1,
    };
  }
}

function inOrder(a: Place, b: Place): number {
  return splitNames.indexOf(a.split) - splitNames.indexOf(b.split) || a.index - b.index;
}

interface ReadSample {
  readonly image: Image;
  /** Digest of the stored bytes. */
  readonly digest: string;
  /** Its range of values, if it has more than 8 bits per channel. */
  readonly range?: ValueRange | undefined;
}

async function readSample(dataset: Dataset, index: number): Promise<ReadSample> {
  if (dataset.file) {
    const { path, ...limits } = dataset.file(index);
    const bytes = await readImageFile(path);
    const image = await decodeImage(bytes, { name: path, ...limits });
    return { image, digest: digestOf(bytes), range: await findValueRange(bytes, path) };
  }
  const { image } = await dataset.get(index);
  return { image, digest: `${image.width} ${image.height} ${digestOf(image.data)}` };
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function countsOf(dataset: Dataset): SplitCounts {
  const counts = dataset.classes.map(() => 0);
  for (const label of labelsOf(dataset)) counts[label]++;
  const perClass = dataset.classes.map((label, i) => ({ label, count: counts[i] }));
  return { count: dataset.length, perClass };
}

function sampleStatistics(values: readonly number[]): SampleStatistics {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] };
}
