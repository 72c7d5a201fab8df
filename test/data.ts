// Finds real data sets for tests; they are not part of the repository.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BESIDE_THE_REPOSITORY = fileURLToPath(new URL('../../shared/data', import.meta.url));
const roots = [process.env.FOVEA_DATA || [], BESIDE_THE_REPOSITORY].flat();

/**
 * The folder of a data set below `FOVEA_DATA`, or else below ../shared/data; undefined if there is none: the test is to
 * be skipped, `testIf(folder, noData(name))`.
 */
export function dataFolder(name: string): string | undefined {
  return roots.map((root) => join(root, name)).find((folder) => existsSync(folder));
}

/** Why a test of real data is skipped. */
export function noData(name: string): string {
  return `no folder "${name}" in ${roots.join(' or ')}; set FOVEA_DATA`;
}
