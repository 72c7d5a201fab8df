import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DataError } from '../base/errors.ts';
import { decodeImage } from './decode.ts';
import { encodePng, writePng } from './encode.ts';
import type { Image } from './image.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

const rgb: Image = {
  width: 2,
  height: 3,
  channels: 3,
  data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 250, 128, 7, 9, 9, 9),
};
const gray: Image = { width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 50, 100, 150, 200, 255) };

function raw(data: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 2 | 3 | 4): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

test.each([
  ['RGB', rgb],
  ['gray', gray],
])('a %s image survives PNG', async (_, image) => {
  expect(await decodeImage(await encodePng(image))).toEqual(image);
  const path = join(folder, 'new', 'image.png');
  await writePng(image, path);
  expect(await decodeImage(path)).toEqual(image);
});

test.each(['webp', 'tiff', 'gif', 'jpeg', 'avif'] as const)('%s is decoded', async (format) => {
  const flat = raw(new Uint8Array(16 * 16 * 3).fill(200), 16, 16, 3);
  const image = await decodeImage(await flat.toFormat(format).toBuffer());
  expect([image.width, image.height, image.channels]).toEqual([16, 16, 3]);
  for (const value of image.data) expect(Math.abs(value - 200)).toBeLessThanOrEqual(2);
});

test('the EXIF orientation is applied', async () => {
  const turned = await raw(rgb.data, 2, 3, 3).withMetadata({ orientation: 6 }).png().toBuffer();
  const image = await decodeImage(turned);
  expect([image.width, image.height]).toEqual([3, 2]);
  expect([...image.data]).toEqual([250, 128, 7, 0, 0, 255, 255, 0, 0, 9, 9, 9, 1, 2, 3, 0, 255, 0]);
});

test('transparent pixels become white, half transparent ones half white', async () => {
  const pixels = Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 0, 128);
  const image = await decodeImage(await raw(pixels, 3, 1, 4).png().toBuffer());
  expect([...image.data.subarray(0, 6)]).toEqual([255, 255, 255, 10, 20, 30]);
  expect(Math.abs(image.data[6] - 127)).toBeLessThanOrEqual(1);
});

test('16 bits are scaled to 8 and gray stays one channel', async () => {
  const pixels = Uint16Array.of(0, 0x1234, 0x8000, 0xffff);
  const png = await raw(pixels, 4, 1, 1).toColourspace('grey16').png().toBuffer();
  expect((await sharp(png).metadata()).depth).toBe('ushort');
  const image = await decodeImage(png);
  expect(image.channels).toBe(1);
  expect([...image.data]).toEqual([0, 0x12, 0x80, 0xff]);
});

test('CMYK becomes RGB', async () => {
  const jpeg = await raw(rgb.data, 2, 3, 3).toColourspace('cmyk').jpeg().toBuffer();
  expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
  const image = await decodeImage(jpeg);
  expect([image.width, image.height, image.channels]).toEqual([2, 3, 3]);
});

test('an image with too many pixels is refused by its header', async () => {
  const png = await encodePng(gray);
  await expect(decodeImage(png, { maxPixels: 5, name: 'big.png' })).rejects.toThrow(
    'big.png: declares 3 x 2 = 6 pixels, but the limit is 5',
  );
});

test.each([
  ['nothing', Buffer.from(''), 'an empty file'],
  ['a web page', Buffer.from('<!DOCTYPE html><p>404'), 'a web page'],
  ['an LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), 'git lfs pull'],
  ['noise', Buffer.from([1, 2, 3]), '3 bytes starting with 01 02 03'],
])('%s in a file named .jpg is called by its name', async (_, bytes, found) => {
  const path = join(folder, 'odd.jpg');
  await writeFile(path, bytes);
  const refused = decodeImage(path);
  await expect(refused).rejects.toThrow(DataError);
  await expect(refused).rejects.toThrow(`${path}: is not a readable image but `);
  await expect(refused).rejects.toThrow(found);
});

test('SVG is refused: it is a program for a renderer', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await expect(decodeImage(svg, { name: 'a.svg' })).rejects.toThrow('a.svg: is SVG; expected JPEG, PNG');
});

test('a truncated file, a folder and a missing file each have their message', async () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 251);
  const jpeg = await raw(noise, 64, 64, 3).jpeg().toBuffer();
  await expect(decodeImage(jpeg.subarray(0, jpeg.length / 2), { name: 'cut.jpg' })).rejects.toThrow(
    'cut.jpg: the image is damaged',
  );
  await expect(decodeImage(folder)).rejects.toThrow('it is a folder, give the path of a file in it');
  await expect(decodeImage(join(folder, 'none.png'))).rejects.toThrow(
    'cannot be read (ENOENT); there is no such file',
  );
});

test('an image whose data do not match its size is refused', async () => {
  await expect(encodePng({ ...gray, width: 4 })).rejects.toThrow(
    '4 x 2 pixels and 1 channel must have 8 values',
  );
});
