// MNIST as one JSON file, [[images, labels], ...] for train, valid and test, as in the Paddle courses.
import { DataError } from '../../base/errors.ts';
import { type Dataset, type SplitDataset, splitNames } from '../dataset.ts';
import { type ImageArray, memoryDataset } from '../memory-dataset.ts';
import { readChunks } from './chunks.ts';
import { type NumberListener, NumberListReader } from './number-lists.ts';

const SIDE = 28;
const SIZE = SIDE * SIDE;
const PARTS = splitNames.length;
const LAYOUT = `expected ${PARTS} times [images, labels] with images of ${SIZE} numbers`;

/**
 * Opens a `mnist.json` or `mnist.json.gz`: images are lists of 784 numbers in 0..255, 0..1 or -1..1, detected by the smallest
 * and largest of the file, and become bytes.
 * @throws DataError if it cannot be read, or has another structure
 */
export async function openMnistJson(
  name: string,
  path: string,
  classes: readonly string[],
): Promise<SplitDataset> {
  const collector = new Collector(path);
  const reader = new NumberListReader(path, collector);
  await readChunks(path, (chunk) => reader.read(chunk));
  reader.end();
  const [train, valid, test] = collector
    .parts(classes.length)
    .map((images, i): Dataset => memoryDataset(`${name} ${splitNames[i]}`, classes, images)) as [
    Dataset,
    Dataset,
    Dataset,
  ];
  return { name, classes, splits: { train, valid, test } };
}

/** Numbers in an array that grows. */
class Numbers {
  length = 0;
  private values = new Float32Array(2 ** 16);

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Float32Array(2 * this.length);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  get all(): Float32Array {
    return this.values.subarray(0, this.length);
  }
}

class Collector implements NumberListener {
  private readonly path: string;
  private readonly pixels = Array.from({ length: PARTS }, () => new Numbers());
  private readonly labels = Array.from({ length: PARTS }, () => new Numbers());
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;

  constructor(path: string) {
    this.path = path;
  }

  number(value: number, place: readonly number[]): void {
    const [part, list] = place as [number, number];
    if (part >= PARTS || place.length !== (list === 0 ? 4 : 3) || list > 1) this.refuse(place);
    if (list === 1) this.labels[part].push(value);
    else {
      if (value < this.least) this.least = value;
      if (value > this.most) this.most = value;
      this.pixels[part].push(value);
    }
  }

  listEnd(place: readonly number[], length: number): void {
    const isImage = place.length === 3 && place[1] === 0;
    if (isImage && length !== SIZE) this.refuse(place);
  }

  /** The images of each part. */
  parts(classes: number): ImageArray[] {
    const toByte = this.conversion();
    return this.labels.map((own, part) => {
      const labels = Uint8Array.from(own.all);
      const pixels = Uint8Array.from(this.pixels[part].all, toByte);
      if (pixels.length !== labels.length * SIZE) {
        const count = pixels.length / SIZE;
        throw new DataError(
          `${this.path}: part ${part} has ${count} images, but ${labels.length} labels; ${LAYOUT}.`,
        );
      }
      const wrong = own.all.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes);
      if (wrong !== -1) {
        const found = own.all[wrong];
        throw new DataError(
          `${this.path}: label ${wrong} of part ${part} is ${found}; expected 0 to ${classes - 1}.`,
        );
      }
      return { height: SIDE, width: SIDE, channels: 1, pixels, labels };
    });
  }

  /** Converts from the range of the file to 0 .. 255. */
  private conversion(): (value: number) => number {
    const { least, most } = this;
    if (least >= 0 && most <= 1) return (value) => Math.round(255 * value);
    if (least >= -1 && most <= 1) return (value) => Math.round(127.5 * (value + 1));
    if (least >= 0 && most <= 255) return Math.round;
    throw new DataError(
      `${this.path}: its pixels range from ${least} to ${most}; expected 0 to 255, 0 to 1, or -1 to 1. Scale them to one of these.`,
    );
  }

  private refuse(place: readonly number[]): never {
    throw new DataError(`${this.path}: has an unexpected structure at [${place.join('][')}]; ${LAYOUT}.`);
  }
}
