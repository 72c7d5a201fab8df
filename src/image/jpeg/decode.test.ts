// Held to libjpeg (in libvips) to the last bit; `odd-images.test.ts` holds whole files to Pillow.
import sharp, { type JpegOptions } from 'sharp';
import { expect, test } from 'vitest';
import { RandomStream } from '../../tensor/random.ts';
import { decodeImage } from '../decode.ts';
import type { Image } from '../image.ts';
import { crop } from '../region.ts';
import { decodeJpeg } from './decode.ts';

/** 27 x 18 pixels, written by Pillow with `subsampling=1`, which libvips does not write. */
const HALF_WIDTH = [
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdB',
  'RkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P',
  'T09PT09PT09PT09PT0//wAARCAASABsDASEAAhEBAxEB/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAIDBAH/xAAnEAACAQMCBQQD',
  'AAAAAAAAAAABAhEAAyESMRNBUWFxBCJigaGxwf/EABcBAAMBAAAAAAAAAAAAAAAAAAABAgP/xAAlEQABAwIEBwEAAAAAAAAA',
  'AAABAAIRAyESMUHwIjJRYXGhseH/2gAMAwEAAhEDEQA/AFEIhUHhjAAGARO1CHS1lBcOmAoLFiUzzxPUz/TRIOYQMMKqqwa4',
  'PeAkFl0nB79pIH3TG7bUxwrb9CzNPjceNqhzHVHQy3iP3ftY20xxkR3UhcHCRTcB5Db37kbbneiVtqw1EahMjAXrmPNVY5Jk',
  '2hTuLJBt4OxJPfB6/U8zQNSgBLaKoAAExH4qsxdMgxOi13EQeowqibKnb4T+6hJzk5371Iu4z0H1Zybb0K7ZRbnprwuKGBtD',
  'DCeYrNdZhcIDEfda0AC4gpu5Qv/Z',
].join('');

/** Smooth in one half, noise in the other: blocks with few coefficients and with many. */
function picture(width: number, height: number, channels: 1 | 3, seed = 0): Image {
  const stream = new RandomStream(seed, 'picture');
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) =>
    i % 2 === 0 ? 127 + 120 * Math.sin(i / 500) : stream.integer(i, 256),
  );
  return { width, height, channels, data };
}

function encode({ data, ...raw }: Image, options: JpegOptions): Promise<Buffer> {
  const source = sharp(data, { raw });
  return (raw.channels === 1 ? source.toColourspace('b-w') : source).jpeg(options).toBuffer();
}

function decode(jpeg: Uint8Array): Image | undefined {
  return decodeJpeg(jpeg, 'test.jpg', 1e6);
}

async function expectLibjpeg(jpeg: Buffer, image: Image | undefined): Promise<void> {
  const space = image?.channels === 1 ? 'b-w' : 'srgb';
  const { data, info } = await sharp(jpeg).toColourspace(space).raw().toBuffer({ resolveWithObject: true });
  expect(image).toMatchObject({ width: info.width, height: info.height, channels: info.channels });
  expect(Buffer.compare(data, image!.data)).toBe(0);
}

test.each([
  ['4:2:0', 1],
  ['4:4:4', 1],
  ['4:2:0', 3],
  ['4:4:4', 3],
] as const)(
  '%s with %i channel(s) has the pixels of libjpeg at every size and quality',
  async (chromaSubsampling, channels) => {
    for (let i = 0; i < 40; i++) {
      const quality = 1 + ((i * 37) % 100);
      const image = picture(5 + ((i * 7) % 61), 3 + ((i * 11) % 53), channels, i);
      const jpeg = await encode(image, { chromaSubsampling, quality, optimiseCoding: i % 2 === 0 });
      await expectLibjpeg(jpeg, decode(jpeg));
    }
  },
);

test('chroma at half the width alone (4:2:2) has the pixels of libjpeg', async () => {
  const jpeg = Buffer.from(HALF_WIDTH, 'base64');
  await expectLibjpeg(jpeg, decode(jpeg));
});

test('a region has the pixels of the whole image', async () => {
  for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
    const jpeg = await encode(picture(61, 47, 3), { chromaSubsampling });
    const whole = decode(jpeg)!;
    for (const [left, top, width, height] of [
      [0, 0, 61, 47],
      [0, 0, 1, 1],
      [60, 46, 1, 1],
      [15, 16, 17, 15],
      [33, 7, 2, 33],
      [16, 32, 45, 3],
    ] as const) {
      const region = { left, top, width, height };
      const part = decodeJpeg(jpeg, 'test.jpg', 1e6, () => region)!;
      expect(crop(part, region)).toEqual(crop(whole, region));
    }
  }
});

test('a region of a large file, which libvips reads, has its pixels too', async () => {
  const jpeg = await encode(picture(400, 300, 3), {});
  expect(decode(jpeg)).toBeUndefined();
  const region = { left: 101, top: 50, width: 33, height: 77 };
  const part = await decodeImage(jpeg, { regionOf: () => region });
  expect([part.width, part.height]).toEqual([400, 300]);
  expect(crop(part, region)).toEqual(crop(await decodeImage(jpeg), region));
});

test('files of other kinds are left to libvips', async () => {
  const image = picture(20, 20, 3);
  expect(decode(await encode(image, { progressive: true }))).toBeUndefined();
  const turned = sharp(image.data, { raw: { width: 20, height: 20, channels: 3 } });
  expect(decode(await turned.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer())).toBeUndefined();
  expect(decode(await turned.clone().toColourspace('cmyk').jpeg().toBuffer())).toBeUndefined();
  expect(decode(await turned.clone().png().toBuffer())).toBeUndefined();
});

test('a damaged file is left to libvips wherever it is cut or changed, or decoded as something', async () => {
  const jpeg = await encode(picture(32, 32, 3), {});
  for (let length = 0; length < jpeg.length; length += 7) {
    expect(decode(jpeg.subarray(0, length))).toBeUndefined();
  }
  const stream = new RandomStream(1, 'damage');
  for (let i = 0; i < 2000; i++) {
    const damaged = Buffer.from(jpeg);
    damaged[stream.integer(2 * i, jpeg.length)] = stream.integer(2 * i + 1, 256);
    const image = decode(damaged);
    if (image) expect(image.data.length).toBe(image.width * image.height * image.channels);
  }
});

test('the limit on pixels holds before anything is decoded', async () => {
  const jpeg = await encode(picture(20, 30, 3), {});
  expect(() => decodeJpeg(jpeg, 'big.jpg', 599)).toThrow('big.jpg: claims 20 x 30 = 600 pixels');
});
