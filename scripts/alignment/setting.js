// Common setup of the scripts in this folder: options, engine, and a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../../dist/index.js';

/** Networks whose names contain `only`; Python with the required packages. */
export const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    engine: { type: 'string', default: 'auto' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});

export const engine = await openEngine(options.engine);
export const folder = mkdtempSync(join(tmpdir(), 'fovea-alignment-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
