// Where tests find real data sets, which are never part of the repository.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BESIDE_THE_REPOSITORY = fileURLToPath(new URL('../../shared/data', import.meta.url));

/**
 * The folder of a data set below `FOVEA_DATA`, or else below ../shared/data. If there is none, says so on the
 * console and gives undefined: the test is to be skipped, `test.skipIf(folder === undefined)`.
 */
export function dataFolder(name: string): string | undefined {
  const roots = [process.env.FOVEA_DATA, BESIDE_THE_REPOSITORY].filter(
    (root) => root !== undefined && root !== '',
  );
  const found = roots.map((root) => join(root!, name)).find((folder) => existsSync(folder));
  if (found === undefined)
    console.info(`skipped: no folder "${name}" in ${roots.join(' or ')}; set FOVEA_DATA.`);
  return found;
}
