// Held to libjpeg (in libvips) to the last bit; `odd-images.test.ts` holds whole files to Pillow.
import sharp, { type JpegOptions } from 'sharp';
import { expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { decodeImage } from './decode.ts';
import type { Image } from './image.ts';
import { decodeJpeg } from './jpeg.ts';
import { readJpegHeader } from './jpeg-header.ts';
import { crop, type Region } from './region.ts';

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
function noisyImage(width: number, height: number, channels: 1 | 3, seed = 0): Image {
  const stream = new RandomStream(seed, 'image');
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) =>
    i % 2 === 0 ? 127 + 120 * Math.sin(i / 500) : stream.integer(i, 256),
  );
  return { width, height, channels, data };
}

function encode({ data, ...raw }: Image, options: JpegOptions): Promise<Buffer> {
  const source = sharp(data, { raw });
  return (raw.channels === 1 ? source.toColourspace('b-w') : source).jpeg(options).toBuffer();
}

/** undefined if the file is not of the usual kind, or damaged. */
async function decode(jpeg: Uint8Array, region?: Region): Promise<Image | undefined> {
  const header = readJpegHeader(jpeg);
  return header && decodeJpeg(jpeg, header, region);
}

async function expectLibjpeg(jpeg: Buffer, image: Image | undefined): Promise<void> {
  const space = image?.channels === 1 ? 'b-w' : 'srgb';
  const { data, info } = await sharp(jpeg, { failOn: 'error' })
    .toColourspace(space)
    .raw()
    .toBuffer({ resolveWithObject: true });
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
      const image = noisyImage(1 + ((i * 7) % 61), 1 + ((i * 11) % 53), channels, i);
      const jpeg = await encode(image, { chromaSubsampling, quality, optimiseCoding: i % 2 === 0 });
      await expectLibjpeg(jpeg, await decode(jpeg));
    }
  },
);

test('chroma at half the width alone (4:2:2) has the pixels of libjpeg', async () => {
  const jpeg = Buffer.from(HALF_WIDTH, 'base64');
  await expectLibjpeg(jpeg, await decode(jpeg));
});

test.each([
  [61, 47],
  [400, 300],
])('a region of a file of %i x %i pixels has the pixels of the whole image', async (width, height) => {
  for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
    const jpeg = await encode(noisyImage(width, height, 3), { chromaSubsampling });
    const whole = await decodeImage(jpeg);
    for (const [left, top, across, down] of [
      [0, 0, width, height],
      [0, 0, 1, 1],
      [width - 1, height - 1, 1, 1],
      [15, 16, 17, 15],
      [16, 32, 45, 3],
    ] as const) {
      const region = { left, top, width: across, height: down };
      const part = await decodeImage(jpeg, { regionOf: () => region });
      expect([part.width, part.height]).toEqual([across, down]);
      expect(Buffer.compare(part.data, crop(whole, region).data)).toBe(0);
    }
  }
});

test('files of other kinds are left to libvips', async () => {
  const image = noisyImage(20, 20, 3);
  expect(await decode(await encode(image, {}))).toBeDefined();
  expect(await decode(await encode(image, { progressive: true }))).toBeUndefined();
  const turned = sharp(image.data, { raw: { width: 20, height: 20, channels: 3 } });
  expect(
    await decode(await turned.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer()),
  ).toBeUndefined();
  expect(await decode(await turned.clone().toColourspace('cmyk').jpeg().toBuffer())).toBeUndefined();
  expect(await decode(await turned.clone().png().toBuffer())).toBeUndefined();
});

test('a header with padding or unknown segments, which could hide another size, is left to libvips', async () => {
  const jpeg = await encode(noisyImage(20, 20, 3), {});
  const withStart = (...start: number[]) =>
    Buffer.concat([Buffer.from([0xff, 0xd8, ...start]), jpeg.subarray(2)]);
  expect(readJpegHeader(withStart(0xff, 0xfe, 0, 2))).toBeDefined();
  expect(readJpegHeader(withStart(0xff))).toBeUndefined();
  expect(readJpegHeader(withStart(0xff, 0xd0))).toBeUndefined();
  expect(readJpegHeader(withStart(0xff, 0xf7, 0, 2))).toBeUndefined();
});

test('a file that is truncated anywhere is refused', async () => {
  const jpeg = await encode(noisyImage(32, 32, 3), {});
  for (let length = 0; length < jpeg.length; length += 7) {
    expect(await decode(jpeg.subarray(0, length))).toBeUndefined();
  }
  await expect(decodeImage(jpeg.subarray(0, -2))).rejects.toThrow('the image is damaged');
});

test('a damaged file is left to libvips, or is one that libvips accepts', async () => {
  const jpeg = await encode(noisyImage(32, 32, 3), {});
  const stream = new RandomStream(1, 'damage');
  let left = 0;
  for (let i = 0; i < 400; i++) {
    const damaged = Buffer.from(jpeg);
    damaged[stream.integer(2 * i, jpeg.length)] = stream.integer(2 * i + 1, 256);
    const image = await decode(damaged);
    // Not the same pixels: numbers that damage made too large wrap around otherwise in libjpeg's vector instructions.
    if (image) await sharp(damaged, { failOn: 'error' }).raw().toBuffer();
    else left++;
  }
  expect(left).toBeGreaterThan(50);
  await expectLibjpeg(jpeg, await decode(jpeg));
});

test('the limit of pixels is checked before anything is decoded', async () => {
  const jpeg = await encode(noisyImage(20, 30, 3), {});
  const refused = decodeImage(jpeg, { name: 'big.jpg', maxPixels: 599 });
  await expect(refused).rejects.toThrow('big.jpg: declares 20 x 30 = 600 pixels');
});
