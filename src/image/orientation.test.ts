import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { sourceOf } from '../../test/pillow.ts';
import { decodeImage } from './decode.ts';
import { encodePng } from './encode.ts';
import { applyOrientation, pngTextOrientation } from './orientation.ts';

const image = sourceOf({ from: [3, 3, 5] });

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'orientation %i turns the image as libvips turns it',
  async (orientation) => {
    const { data, width, height } = image;
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    expect(applyOrientation(image, orientation)).toEqual(await decodeImage(file));
  },
);

/** EXIF data with nothing but an orientation, in hexadecimal as ImageMagick writes it. */
function exifText(orientation: number, isLittle: boolean): string {
  const exif = Buffer.alloc(6 + 8 + 2 + 12 + 4);
  exif.write(`Exif\0\0${isLittle ? 'II' : 'MM'}`, 'latin1');
  const tiff = exif.subarray(6);
  const write16 = (value: number, at: number) =>
    isLittle ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const write32 = (value: number, at: number) =>
    isLittle ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  write16(42, 2);
  write32(8, 4);
  write16(1, 8);
  write16(0x112, 10);
  write16(3, 12);
  write32(1, 14);
  write16(orientation, 18);
  return `\nexif\n${String(exif.length).padStart(8)}\n${exif.toString('hex')}\n`;
}

/** The PNG with one more chunk after its header. */
function withChunk(png: Uint8Array, type: string, content: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + content.length);
  chunk.writeUInt32BE(content.length);
  chunk.write(type, 4, 'latin1');
  content.copy(chunk, 8);
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

test.each([true, false])('the orientation in a text chunk is found (little-endian: %s)', async (isLittle) => {
  const png = await encodePng(image);
  const text = Buffer.from(exifText(6, isLittle));
  const plain = Buffer.concat([Buffer.from('Raw profile type exif\0'), text]);
  expect(pngTextOrientation(withChunk(png, 'tEXt', plain))).toBe(6);
  const deflated = Buffer.concat([Buffer.from('Raw profile type APP1\0\0'), deflateSync(text)]);
  expect(pngTextOrientation(withChunk(png, 'zTXt', deflated))).toBe(6);
});

test('a PNG without, with a damaged and with an endless text chunk is upright', async () => {
  const png = await encodePng(image);
  expect(pngTextOrientation(png)).toBe(1);
  const damaged = Buffer.from('Raw profile type exif\0\0nonsense');
  expect(pngTextOrientation(withChunk(png, 'zTXt', damaged))).toBe(1);
  const endless = deflateSync(Buffer.alloc(2 ** 24, '\n'));
  const chunk = Buffer.concat([Buffer.from('Raw profile type exif\0\0'), endless]);
  expect(pngTextOrientation(withChunk(png, 'zTXt', chunk))).toBe(1);
  expect(pngTextOrientation(png.subarray(0, 40))).toBe(1);
});
