import { expect, test } from 'vitest';
import { decodeImage } from './decode.ts';
import { unsupportedContent, unsupportedFormat } from './unsupported-formats.ts';

/** The first box of a file in an ISO media container. */
function container(...brands: readonly string[]): Buffer {
  const [major = '', ...compatible] = brands;
  const box = Buffer.from(`\0\0\0\0ftyp${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  box.writeUInt32BE(box.length, 0);
  return Buffer.concat([box, Buffer.from('\0\0\0\x08free', 'latin1')]);
}

test.each([
  ['HEIC', container('heic', 'mif1', 'heic')],
  ['HEIC', container('mif1', 'mif1', 'heic')],
  ['camera raw', container('crx ', 'crx ')],
  ['JPEG XL', Buffer.from('\xff\x0a\x00\x00', 'latin1')],
  ['JPEG XL', Buffer.from('\0\0\0\x0cJXL \r\n\x87\n', 'latin1')],
  ['JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1')],
  [undefined, container('avif', 'mif1', 'avif')],
  [undefined, container('isom', 'mp41')],
  [undefined, Buffer.from('\xff\xd8\xff\xe0', 'latin1')],
  [undefined, Buffer.from('')],
])('%s is known by its content', (format, bytes) => {
  expect(unsupportedContent(bytes)).toBe(format);
});

test('extensions are recognized in any case', () => {
  expect(['.heic', '.HEIF', '.NEF', '.jxl', '.jpg', '.avif', ''].map(unsupportedFormat)).toEqual([
    'HEIC',
    'HEIC',
    'camera raw',
    'JPEG XL',
    undefined,
    undefined,
    undefined,
  ]);
});

test('a photo with a wrong extension is refused by its content', async () => {
  await expect(decodeImage(container('heic', 'mif1', 'heic'), { name: 'photo.jpg' })).rejects.toThrow(
    'photo.jpg: is HEIC by its content, which cannot be read; convert such files to JPEG, for example with',
  );
});
