// Small image files of three formats and two labels, for tests of loading.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { LabeledFile } from '../src/data/file-dataset.ts';

/** Width and height of every image. */
export const FILE_SIZE = { width: 40, height: 36 };

export async function writeLabeledFiles(folder: string, count: number): Promise<LabeledFile[]> {
  const { width, height } = FILE_SIZE;
  const files: LabeledFile[] = [];
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 3 * width * height }, (_, k) => (k * (i + 3)) % 251);
    const format = (['jpeg', 'png', 'webp'] as const)[i % 3];
    const path = join(folder, `${i}.${format}`);
    const image = sharp(data, { raw: { width, height, channels: 3 } });
    writeFileSync(path, await image.toFormat(format).toBuffer());
    files.push({ path, label: i % 2 });
  }
  return files;
}
