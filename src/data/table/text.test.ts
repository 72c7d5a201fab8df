import { expect, test } from 'vitest';
import { decodeText } from './text.ts';

test('a byte order mark determines the encoding, whatever the option, and is removed', () => {
  expect(decodeText(Buffer.from('\ufeffü'), 't', 'latin1')).toBe('ü');
  expect(decodeText(Buffer.from('\ufeffü', 'utf16le'), 't')).toBe('ü');
  expect(decodeText(Buffer.from('\ufeffü', 'utf16le').swap16(), 't')).toBe('ü');
});

test('latin1 is windows-1252, as the Encoding Standard has it', () => {
  expect(decodeText(Uint8Array.of(0x80, 0x9f, 0xe4), 't', 'latin1')).toBe('€Ÿä');
  expect(decodeText(Uint8Array.of(0xa4), 't', 'iso-8859-15')).toBe('€');
});

test.each([
  [
    Uint8Array.of(0x61, 0x0a, 0xe4),
    undefined,
    'not valid UTF-8 (line 2); save it as UTF-8, or set its encoding',
  ],
  [Uint8Array.of(0x81), 'shift_jis', 'not valid SHIFT_JIS (line 1)'],
  [Uint8Array.of(0x61, 0, 0x62, 0), undefined, 'is not a text file; save it as text'],
])('%j as %s is refused', (bytes, encoding, message) => {
  expect(() => decodeText(bytes, 't', encoding)).toThrow(message);
});
