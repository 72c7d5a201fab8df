// Clusters limit the address space of processes (`ulimit -v`), of which WebAssembly wants more than they allow.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect } from 'vitest';
import { testIf } from '../../test/conditions.ts';

const KIBIBYTES = 6_000_000;
const library = new URL('../../dist/image/', import.meta.url);

/** Decodes, resizes and mirrors an image, and prints whether WebAssembly has memory and what became of the pixels. */
const program = (path: string) => `
import { decodeImage } from '${library}decode.js';
import { resize } from '${library}resize.js';
import { flipHorizontally } from '${library}kernels.js';
const image = resize(await decodeImage('${path}'), 20, 30);
let memory = true;
try { new WebAssembly.Memory({ initial: 1 }); } catch { memory = false; }
console.log(JSON.stringify({ memory, pixels: [...flipHorizontally(image).data] }));
`;

testIf(process.platform === 'linux', 'only Linux limits the address space')(
  'without address space for WebAssembly, images have the same pixels',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fovea-address-space-'));
    const path = join(folder, 'a.jpg');
    const noise = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i * 31) % 251);
    await sharp(noise, { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg()
      .toFile(path);
    const run = async (shell: string) => {
      const args = ['-c', `${shell}exec "$0" --input-type=module -e "$1"`, process.execPath, program(path)];
      const { stdout, stderr } = await promisify(execFile)('sh', args);
      expect(stderr).toBe('');
      return JSON.parse(stdout) as { memory: boolean; pixels: number[] };
    };
    const [limited, free] = [await run(`ulimit -v ${KIBIBYTES}; `), await run('')];
    await rm(folder, { recursive: true });
    expect([limited.memory, free.memory]).toEqual([false, true]);
    expect(limited.pixels).toEqual(free.pixels);
    expect(free.pixels).toHaveLength(20 * 30 * 3);
  },
);
