// Looks at every image of a data set: how many, how large, how bright, which are there twice, which cannot be read.
import { createHash } from 'node:crypto';
import { decodeImage, readImageFile } from '../image/decode.ts';
import type { Image } from '../image/image.ts';
import type { ValueRange } from '../image/value-range.ts';
import { findValueRange } from '../image/vips.ts';
import { type Dataset, labelsOf, type SplitDataset, type SplitName, splitNames } from './dataset.ts';
import { DeepValues } from './deep-values.ts';
import { type ChannelStatistics, PixelStatistics } from './pixel-statistics.ts';
import { forEachIndex, type Unreadable, unreadable } from './readable.ts';

export interface Survey extends Partial<ChannelStatistics> {
  readonly name: string;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, SplitCounts>>;
  /** Of all readable images; none, if there is no such image. */
  readonly sizes?: Sizes;
  /** Images with the same bytes, a group each. */
  readonly duplicates: readonly Duplicates[];
  readonly unreadable: readonly Unreadable[];
  /** Notes about the images, a sentence each. */
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
  /** Images of one channel, and of three. */
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
  /** Whether training has an image that validation or test has too, which makes their figures too good. */
  readonly leaks: boolean;
  /** Whether they are of different classes, so that one label is wrong. */
  readonly disagree: boolean;
}

/**
 * Reads every image of the three parts once.
 * @param onProgress hears how many images are done
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
      await surveyor.look(split, index);
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
  private grey = 0;
  private readonly deep = new DeepValues();
  private readonly places = new Map<string, Place[]>();
  private readonly faults: Unreadable[] = [];

  constructor(data: SplitDataset) {
    this.data = data;
  }

  async look(split: SplitName, index: number): Promise<void> {
    const dataset = this.data.splits[split];
    try {
      const { image, digest, range } = await readSample(dataset, index);
      this.deep.add(range);
      const same = this.places.get(digest);
      if (same) same.push({ split, index });
      else this.places.set(digest, [{ split, index }]);
      this.statistics.add(image);
      this.widths.push(image.width);
      this.heights.push(image.height);
      if (image.channels === 1) this.grey++;
    } catch (error) {
      this.faults.push(unreadable(dataset.describe(index), error));
    }
  }

  result(): Survey {
    const { name, classes, splits, valueRange } = this.data;
    const note = valueRange ? undefined : this.deep.describe(name);
    const count = this.widths.length;
    const sizes = {
      width: sampleStatistics(this.widths),
      height: sampleStatistics(this.heights),
      grey: this.grey,
      rgb: count - this.grey,
    };
    return {
      name,
      classes,
      splits: { train: countsOf(splits.train), valid: countsOf(splits.valid), test: countsOf(splits.test) },
      ...(count > 0 && { sizes, ...this.statistics.figures }),
      duplicates: this.duplicates(),
      unreadable: this.faults.sort((a, b) => (a.name < b.name ? -1 : 1)),
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
  /** Of the bytes it is stored as. */
  readonly digest: string;
  /** The values it uses, where it has more than 8 bits per channel. */
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
  return { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted.at(-1)! };
}
