// Sample images as data URIs, for the page.

import { type Dataset, readImage } from '../data/dataset.ts';
import { augmentedSamples, spreadOverClasses } from '../data/survey/contact-sheet.ts';
import type { TransformList } from '../data/transforms/transforms.ts';
import type { SamplePrediction } from '../evaluation/index.ts';
import { encodeJpeg, encodePng } from '../image/encode.ts';
import { shrinkInto } from '../image/fit.ts';
import type { Image } from '../image/image.ts';
import { fileName } from './text.ts';

/** Longest side in pixels; larger images are shrunk. */
const SIDE = 128;
/** Images up to this side are magnified without smoothing. */
const FINE_SIDE = 64;
const MAX_MISCLASSIFIED = 24;
const MAX_CLASSES = 12;
const SAMPLES_PER_CLASS = 6;
const AUGMENTED_PER_IMAGE = 5;

/** An image as the page embeds it. */
export interface EmbeddedImage {
  /** A data URI. */
  readonly source: string;
  /** Its name in the data set. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Whether it is magnified without smoothing. */
  readonly isSmall: boolean;
}

/** Images of one class, or augmented versions of one image. */
export interface ImageRow {
  readonly label: string;
  readonly images: readonly EmbeddedImage[];
}

export interface MisclassifiedImage extends SamplePrediction {
  readonly image: EmbeddedImage;
}

/** The misclassified images with the highest confidence. Unreadable images are skipped. */
export async function findMisclassified(
  dataset: Dataset,
  predictions: readonly SamplePrediction[],
): Promise<MisclassifiedImage[]> {
  const wrong = predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MAX_MISCLASSIFIED);
  const found: MisclassifiedImage[] = [];
  for (const prediction of wrong) {
    const [image] = await embedImages(dataset, [prediction.index]);
    if (image) found.push({ ...prediction, image });
  }
  return found;
}

/** Sample images of each of the first classes. */
export async function sampleRows(dataset: Dataset): Promise<ImageRow[]> {
  const indices = spreadOverClasses(dataset, SAMPLES_PER_CLASS).slice(0, MAX_CLASSES);
  const rows: ImageRow[] = [];
  for (const [i, row] of indices.entries()) {
    rows.push({ label: dataset.classes[i], images: await embedImages(dataset, row) });
  }
  return rows.filter(({ images }) => images.length > 0);
}

/** One image of each class, followed by its augmented versions of the first epochs. */
export async function augmentedRows(dataset: Dataset, transforms: TransformList): Promise<ImageRow[]> {
  const indices = spreadOverClasses(dataset, 1).slice(0, MAX_CLASSES);
  const rows: ImageRow[] = [];
  for (const index of indices.flat()) {
    const image = await readImage(dataset, index);
    if (!image) continue;
    const images = [image, ...augmentedSamples(image, index, transforms, AUGMENTED_PER_IMAGE)];
    const name = fileName(dataset.describe(index));
    const embedded = await Promise.all(images.map((one) => embedImage(one, name)));
    rows.push({ label: dataset.classes[dataset.label(index)], images: embedded });
  }
  return rows;
}

async function embedImages(dataset: Dataset, indices: readonly number[]): Promise<EmbeddedImage[]> {
  const embedded: EmbeddedImage[] = [];
  for (const index of indices) {
    const image = await readImage(dataset, index);
    if (image) embedded.push(await embedImage(image, fileName(dataset.describe(index))));
  }
  return embedded;
}

async function embedImage(image: Image, name: string): Promise<EmbeddedImage> {
  const fitted = shrinkInto(image, SIDE);
  const { width, height } = fitted;
  const isSmall = Math.max(width, height) <= FINE_SIDE;
  const bytes = isSmall ? await encodePng(fitted) : await encodeJpeg(fitted);
  const source = `data:image/${isSmall ? 'png' : 'jpeg'};base64,${Buffer.from(bytes).toString('base64')}`;
  return { source, name, width, height, isSmall };
}
