import { expect, test } from 'vitest';
import { decodeImage } from './decode.ts';

interface Bitmap {
  width: number;
  height: number;
  bits: number;
  compression?: number;
  palette?: number[];
  pixels: number[];
}

function bmp({ width, height, bits, compression = 0, palette = [], pixels }: Bitmap): Uint8Array {
  const bytes = new Uint8Array(54 + palette.length + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54 + palette.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, palette.length / 4, true);
  bytes.set(palette, 54);
  bytes.set(pixels, 54 + palette.length);
  return bytes;
}

test('24 bits: rows from the bottom, padded to four bytes, blue first', async () => {
  const image = await decodeImage(bmp({ width: 1, height: 2, bits: 24, pixels: [1, 2, 3, 0, 4, 5, 6, 0] }));
  expect(image).toEqual({ width: 1, height: 2, channels: 3, data: Uint8Array.of(6, 5, 4, 3, 2, 1) });
});

test('a negative height means rows from the top', async () => {
  const image = await decodeImage(bmp({ width: 1, height: -2, bits: 32, pixels: [1, 2, 3, 0, 4, 5, 6, 0] }));
  expect([...image.data]).toEqual([3, 2, 1, 6, 5, 4]);
});

test('1 bit with a palette of grays is one channel, with a colored one three', async () => {
  const file = { width: 3, height: 1, bits: 1, pixels: [0b10100000, 0, 0, 0] };
  const gray = await decodeImage(bmp({ ...file, palette: [0, 0, 0, 0, 255, 255, 255, 0] }));
  expect(gray).toEqual({ width: 3, height: 1, channels: 1, data: Uint8Array.of(255, 0, 255) });
  const colored = await decodeImage(bmp({ ...file, palette: [0, 0, 255, 0, 255, 0, 0, 0] }));
  expect([...colored.data]).toEqual([0, 0, 255, 255, 0, 0, 0, 0, 255]);
});

test('compressed, truncated, oversized and inconsistent bitmaps are refused', async () => {
  const file = { width: 2, height: 1, bits: 8, palette: [0, 0, 0, 0], pixels: [0, 1, 0, 0] };
  const decode = (changes: Partial<Bitmap>) => decodeImage(bmp({ ...file, ...changes }), { name: 'a.bmp' });
  await expect(decode({ compression: 1 })).rejects.toThrow(
    'a.bmp: a BMP with 8 bits per pixel and compression 1',
  );
  await expect(decode({ height: 9 })).rejects.toThrow('a.bmp: the BMP is truncated');
  await expect(decode({ width: 2 ** 30, height: 2 ** 30 })).rejects.toThrow('but the limit is');
  await expect(decode({ width: -4 })).rejects.toThrow('at least one pixel');
  await expect(decode({})).rejects.toThrow("pixel (1, 0) has no color in the BMP's palette");
  await expect(decodeImage(Buffer.from('BM'))).rejects.toThrow('without a BITMAPINFOHEADER');
});
