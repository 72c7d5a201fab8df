// Event files for TensorBoard: records and files.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyData, tinyModel } from '../../../test/tiny.ts';
import { referenceEngine as engine } from '../../engines/reference/index.ts';
import { train } from '../../train/index.ts';
import { crc32c, fileRecord, fileStart } from './event-file.ts';
import { tensorBoard } from './listener.ts';

const usual = { engine, epochs: 2, batchSize: 8, learningRate: 0.05 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-board-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test('a record is framed by its length and two masked checksums', () => {
  // Event: field 1 is a double, field 3 a string.
  const record = Buffer.from(fileStart(1.5));
  expect(record.readBigUInt64LE(0)).toBe(24n);
  expect(record.length).toBe(24 + 16);
  expect(record.subarray(12, 36).toString('latin1')).toBe(
    `\x09${Buffer.from(new Float64Array([1.5]).buffer).toString('latin1')}\x1a\x0dbrain.Event:2`,
  );
  const unmasked = (record.readUInt32LE(36) - 0xa282ead8) >>> 0;
  expect(((unmasked >>> 17) | (unmasked << 15)) >>> 0).toBe(crc32c(record.subarray(12, 36)));
  expect(fileRecord({ wallTime: 0, step: 3, scalars: { loss: 1 } }).length).toBeGreaterThan(16);
});

test('a new run replaces earlier files, and a run without a folder needs one', async () => {
  const out = join(folder, 'run');
  for (let i = 0; i < 2; i++) {
    await train(tinyModel(), tinyData(), { ...usual, out, overwrite: true, listeners: [tensorBoard()] });
  }
  for (const part of ['train', 'valid', 'test']) {
    expect(await readdir(join(out, 'tensorboard', part))).toHaveLength(1);
  }
  const homeless = train(tinyModel(), tinyData(), { ...usual, listeners: [tensorBoard()] });
  await expect(homeless).rejects.toThrow('tensorBoard() needs a folder');
});
