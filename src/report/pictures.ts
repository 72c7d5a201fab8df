// Small pictures of images, as part of the page itself.

import { FoveaError } from '../base/errors.ts';
import { augmentedSamples, spreadOverClasses } from '../data/contact-sheet.ts';
import type { Dataset } from '../data/dataset.ts';
import type { TransformList } from '../data/transforms.ts';
import type { SamplePrediction } from '../evaluation/index.ts';
import { encodeJpeg, encodePng } from '../image/encode.ts';
import { shrinkInto } from '../image/fit.ts';
import type { Image } from '../image/image.ts';
import { fileName } from './text.ts';

/** Longest side in pixels; images up to this are kept as they are. */
const SIDE = 128;
/** Images up to this side are drawn with the pixels they have, enlarged. */
const FINE_SIDE = 64;
const MOST_MISTAKES = 24;
const MOST_CLASSES = 12;
const SAMPLES_PER_CLASS = 6;
const AUGMENTED_PER_IMAGE = 5;

/** An image, ready to stand in a page. */
export interface Picture {
  /** A data URI. */
  readonly source: string;
  /** What the data set calls it. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Whether its pixels are to be seen as they are. */
  readonly isSmall: boolean;
}

/** A class, or an image, with some pictures of it. */
export interface PictureRow {
  readonly label: string;
  readonly pictures: readonly Picture[];
}

export interface Mistake extends SamplePrediction {
  readonly picture: Picture;
}

/** The wrong predictions that were the most confident. Images that cannot be read are passed over. */
export async function mistakesOf(
  dataset: Dataset,
  predictions: readonly SamplePrediction[],
): Promise<Mistake[]> {
  const wrong = predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MOST_MISTAKES);
  const mistakes: Mistake[] = [];
  for (const prediction of wrong) {
    const [picture] = await readPictures(dataset, [prediction.index]);
    if (picture) mistakes.push({ ...prediction, picture });
  }
  return mistakes;
}

/** Some images of each class, of the first classes where there are many. */
export async function samplesOf(dataset: Dataset): Promise<PictureRow[]> {
  const places = spreadOverClasses(dataset, SAMPLES_PER_CLASS).slice(0, MOST_CLASSES);
  const rows: PictureRow[] = [];
  for (const [i, row] of places.entries()) {
    rows.push({ label: dataset.classes[i], pictures: await readPictures(dataset, row) });
  }
  return rows.filter(({ pictures }) => pictures.length > 0);
}

/** An image of each class as it is, and then as training saw it in its first epochs. */
export async function augmentedOf(dataset: Dataset, transforms: TransformList): Promise<PictureRow[]> {
  const places = spreadOverClasses(dataset, 1).slice(0, MOST_CLASSES);
  const rows: PictureRow[] = [];
  for (const index of places.flat()) {
    const image = await readImage(dataset, index);
    if (!image) continue;
    const images = [image, ...augmentedSamples(image, index, transforms, AUGMENTED_PER_IMAGE)];
    const name = fileName(dataset.describe(index));
    const pictures = await Promise.all(images.map((one) => pictureOf(one, name)));
    rows.push({ label: dataset.classes[dataset.label(index)], pictures });
  }
  return rows;
}

async function readPictures(dataset: Dataset, places: readonly number[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const place of places) {
    const image = await readImage(dataset, place);
    if (image) pictures.push(await pictureOf(image, fileName(dataset.describe(place))));
  }
  return pictures;
}

async function readImage(dataset: Dataset, index: number): Promise<Image | undefined> {
  try {
    return (await dataset.get(index)).image;
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}

async function pictureOf(image: Image, name: string): Promise<Picture> {
  const fitted = shrinkInto(image, SIDE);
  const { width, height } = fitted;
  const isSmall = Math.max(width, height) <= FINE_SIDE;
  const bytes = isSmall ? await encodePng(fitted) : await encodeJpeg(fitted);
  const source = `data:image/${isSmall ? 'png' : 'jpeg'};base64,${Buffer.from(bytes).toString('base64')}`;
  return { source, name, width, height, isSmall };
}
