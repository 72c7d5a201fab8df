// Data sets of image files.
import { extname } from 'node:path';
import { type DecodeSettings, decodeImage } from '../image/decode.ts';
import type { Dataset, ImageFile, Sample } from './dataset.ts';

/** Usual extensions of images that can be decoded; `.jfif`, `.pjpeg` and `.pjp` are JPEG. */
export const imageExtensions = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.pjpeg',
  '.pjp',
  '.png',
  '.webp',
  '.gif',
  '.bmp',
  '.tif',
  '.tiff',
  '.avif',
];

/** Whether a file has the extension of an image that can be decoded. */
export function isImageName(name: string): boolean {
  return imageExtensions.includes(extname(name).toLowerCase());
}

/** A file and the index of its class. */
export interface LabeledFile {
  readonly path: string;
  readonly label: number;
}

/** Images in files, one each, read on demand. */
export class FileDataset implements Dataset {
  readonly classes: readonly string[];
  readonly length: number;
  private readonly files: readonly LabeledFile[];
  private readonly settings: DecodeSettings;

  constructor(classes: readonly string[], files: readonly LabeledFile[], settings: DecodeSettings = {}) {
    this.classes = classes;
    this.length = files.length;
    this.files = files;
    this.settings = { maxPixels: settings.maxPixels, valueRange: settings.valueRange };
  }

  label(index: number): number {
    return this.files[index].label;
  }

  async get(index: number): Promise<Sample> {
    const { path, label } = this.files[index];
    return { image: await decodeImage(path, this.settings), label };
  }

  describe(index: number): string {
    return this.files[index].path;
  }

  file(index: number): ImageFile {
    return { path: this.files[index].path, ...this.settings };
  }
}
