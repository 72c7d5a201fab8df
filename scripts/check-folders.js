// Fails if a file of src/ imports from a folder that comes after its own in the order of ARCHITECTURE.md.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const order = [
  'tensor',
  'system',
  'formats',
  'image',
  'data',
  'graph',
  'ops',
  'autodiff',
  'nn',
  'models',
  'optim',
  'program',
  'engines',
  'metrics',
  'train',
  'experiments',
  'shift',
  'transfer',
  'inspect',
  'report',
  'cli',
];
const source = resolve(import.meta.dirname, '../src');
const problems = [];

for (const entry of readdirSync(source, { recursive: true })) {
  if (!entry.endsWith('.ts')) continue;
  const file = join(source, entry);
  const place = placeOf(file);
  if (place === -1) problems.push(`${entry}: its folder is not in the order`);
  for (const [, target] of readFileSync(file, 'utf8').matchAll(
    /\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g,
  )) {
    if (target && placeOf(resolve(dirname(file), target)) > place) {
      problems.push(`${entry} imports ${target}, which comes later`);
    }
  }
}

/** Place of a file's folder in the order; the public index and the files beside it come last. */
function placeOf(file) {
  const path = relative(source, file);
  const folder = path.split(/[\\/]/)[0];
  return path.includes('/') || path.includes('\\') ? order.indexOf(folder) : order.length;
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\nA folder imports only from folders before it: ${order.join(' -> ')}.`);
  process.exit(1);
}
