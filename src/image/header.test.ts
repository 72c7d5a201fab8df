import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testIf } from '../../test/conditions.ts';
import { dataFolder, noData } from '../../test/data.ts';
import { decodeImage } from './decode.ts';
import { readPixelFormat } from './header.ts';

const odd = dataFolder('images-odd/pillow');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-header-'));
});
afterAll(() => rm(folder, { recursive: true }));

const color = () => sharp({ create: { width: 9, height: 7, channels: 3, background: '#a04020' } });
const gray = () => color().toColourspace('b-w');
/** All channels are equal, but there are three. */
const colorless = () => sharp({ create: { width: 9, height: 7, channels: 3, background: '#808080' } });

test.each([
  ['gray.png', 1, () => gray().png()],
  ['gray-alpha.png', 1, () => gray().ensureAlpha(0.5).png()],
  ['gray-16-bit.png', 1, () => color().toColourspace('grey16').png()],
  ['color.png', 3, () => color().png()],
  ['colorless.png', 3, () => colorless().png()],
  ['alpha.png', 3, () => color().ensureAlpha(0.5).png()],
  ['palette.png', 3, () => color().png({ palette: true })],
  ['gray.jpg', 1, () => gray().jpeg()],
  ['color.jpg', 3, () => color().jpeg()],
  ['colorless.jpg', 3, () => colorless().jpeg()],
  ['progressive.jpg', 1, () => gray().jpeg({ progressive: true })],
  ['cmyk.jpg', 3, () => color().toColourspace('cmyk').jpeg()],
  [
    'long-header.jpg',
    3,
    () =>
      color()
        .withExif({ IFD0: { Copyright: 'x'.repeat(9000) } })
        .jpeg(),
  ],
  ['gray.tiff', 1, () => gray().tiff()],
  ['color.tiff', 3, () => color().tiff()],
  ['gray.webp', 3, () => gray().webp()],
  ['color.gif', 3, () => color().gif()],
  ['color.avif', 3, () => color().avif({ effort: 0 })],
  ['a PNG.jpg', 1, () => gray().png()],
])('%s has %i channels, as it is decoded', async (name, channels, make) => {
  const path = join(folder, name);
  await writeFile(path, await make().toBuffer());
  expect((await readPixelFormat(path))?.channels).toBe(channels);
  expect((await decodeImage(path)).channels).toBe(channels);
});

test('bitmaps are gray by their palettes', async () => {
  const bmp = (value: readonly number[]) => {
    const file = Buffer.alloc(66);
    file.write('BM');
    for (const [at, field] of [
      [10, 62],
      [14, 40],
      [18, 1],
      [22, 1],
      [46, 2],
    ] as const)
      file.writeUInt32LE(field, at);
    file.writeUInt16LE(1, 28);
    file.set(value, 58);
    return file;
  };
  await writeFile(join(folder, 'gray.bmp'), bmp([255, 255, 255]));
  await writeFile(join(folder, 'color.bmp'), bmp([255, 0, 0]));
  for (const [name, channels] of [
    ['gray.bmp', 1],
    ['color.bmp', 3],
  ] as const) {
    expect((await readPixelFormat(join(folder, name)))?.channels).toBe(channels);
    expect((await decodeImage(join(folder, name))).channels).toBe(channels);
  }
});

test('files that are not images have no channels', async () => {
  await writeFile(join(folder, 'empty.png'), '');
  await writeFile(join(folder, 'text.jpg'), 'text');
  await writeFile(join(folder, 'short.png'), '\x89PNG\r\n\x1a\n', 'latin1');
  await writeFile(
    join(folder, 'fill.jpg'),
    Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(5000, 0xff)]),
  );
  for (const name of ['empty.png', 'text.jpg', 'short.png', 'fill.jpg', 'nowhere.png', '.']) {
    expect(await readPixelFormat(join(folder, name)), name).toBeUndefined();
  }
});

testIf(odd, noData('images-odd/pillow'))(
  "odd files of Pillow's tests decode to what their headers say",
  async () => {
    let compared = 0;
    for (const name of readdirSync(odd!)) {
      const image = await decodeImage(join(odd!, name)).catch(() => undefined);
      if (!image) continue;
      expect((await readPixelFormat(join(odd!, name)))?.channels, name).toBe(image.channels);
      compared++;
    }
    expect(compared).toBeGreaterThan(30);
  },
);
