import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeImage } from './decode.ts';
import { PixelBudget } from './limits.ts';

/** A PNG of this size that ends after its header. */
function emptyPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width);
  size.writeUInt32BE(height, 4);
  size.set([8, 2], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', size),
    chunk('IDAT', Buffer.of(0x78, 0x9c)),
    chunk('IEND', Buffer.of()),
  ]);
}

/** A GIF of this size without pixels. */
function emptyGif(width: number, height: number): Buffer {
  const gif = Buffer.from(
    'GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\0\0\0\0\0\x02\x02D\x01\0;',
    'latin1',
  );
  for (const place of [6, 24]) {
    gif.writeUInt16LE(width, place);
    gif.writeUInt16LE(height, place + 2);
  }
  return gif;
}

test.each([
  ['png', emptyPng(99_999_999, 1)],
  ['png', emptyPng(1, 99_999_999)],
  ['png', emptyPng(10_000, 10_000)],
  ['gif', emptyGif(9999, 9999)],
])('a %s of few bytes that declares a huge image is refused by its header', async (format, bytes) => {
  const { rss } = process.memoryUsage();
  await expect(decodeImage(bytes, { name: `a.${format}` })).rejects.toThrow(
    /a\.\w+: declares \d+ x \d+ = 9+\d* pixels, but has only \d+ bytes; it is truncated, or made|= 100000000 pixels, but/,
  );
  expect(process.memoryUsage().rss - rss).toBeLessThan(50e6);
});

test('a blank image that compresses as well as it can is read', async () => {
  const blank = { width: 5000, height: 4000, channels: 3 as const, background: '#ffffff' };
  const png = await sharp({ create: blank })
    .toColourspace('b-w')
    .png({ palette: true, colors: 2 })
    .toBuffer();
  expect(20_000_000 / png.length).toBeGreaterThan(5000);
  const { width, height, data } = await decodeImage(png);
  expect([width, height, data[0], data.at(-1)]).toEqual([5000, 4000, 255, 255]);
});

test('images are decoded in order of arrival while their pixels stay within the budget', async () => {
  const budget = new PixelBudget(100);
  const log: string[] = [];
  const finish = new Map<string, () => void>();
  const decode = (name: string, width: number) =>
    budget.spend({ width, height: 1 }, () => {
      log.push(name);
      return new Promise<void>((resolve) => finish.set(name, resolve));
    });
  const all = [decode('a', 60), decode('b', 40), decode('huge', 1000), decode('c', 1)];
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  expect(log).toEqual(['a', 'b']);
  finish.get('a')!();
  await settled();
  expect(log).toEqual(['a', 'b']);
  finish.get('b')!();
  await settled();
  expect(log).toEqual(['a', 'b', 'huge']);
  finish.get('huge')!();
  await settled();
  finish.get('c')!();
  await Promise.all(all);
});

test('failed work releases its pixels', async () => {
  const budget = new PixelBudget(10);
  const size = { width: 10, height: 1 };
  await expect(budget.spend(size, () => Promise.reject(new Error('damaged')))).rejects.toThrow('damaged');
  expect(await budget.spend(size, async () => 'read')).toBe('read');
});
