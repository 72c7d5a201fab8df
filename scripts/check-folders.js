// Fails if a file of src/ imports from a folder that comes later in ARCHITECTURE.md's table of folders, or if there is an
// import cycle.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');
const order = readOrder();
const imports = readImports();

const problems = [...unlistedFolders(), ...backwardImports(), ...cycles().map(formatCycle)];
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\nA folder imports only from folders before it: ${order.join(' -> ')}.`);
  process.exit(1);
}

/** The folders of the table under "Folders of `src/`", in its order. */
function readOrder() {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith('Folders of `src/`'));
  return [...section.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, folder]) => folder);
}

/** The imports within src/ of each file of src/. */
function readImports() {
  const files = readdirSync(source, { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.split(sep).join('/'));
  return new Map(files.map((file) => [file, importedFiles(file)]));
}

function importedFiles(file) {
  const text = readFileSync(join(source, file), 'utf8');
  const specifiers = [...text.matchAll(/\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g)];
  return specifiers.map(([, from, dynamic]) =>
    relative(source, resolve(source, dirname(file), from ?? dynamic))
      .split(sep)
      .join('/'),
  );
}

function unlistedFolders() {
  const folders = new Set([...imports.keys()].filter((file) => file.includes('/')).map(folderName));
  const missing = [...folders].filter((folder) => !order.includes(folder));
  const gone = order.filter((folder) => !folders.has(folder));
  return [
    ...missing.map((folder) => `src/${folder}/ is missing in ARCHITECTURE.md's table of folders`),
    ...gone.map((folder) => `ARCHITECTURE.md lists ${folder}/, which src/ does not have`),
  ];
}

function backwardImports() {
  return [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => position(target) > position(file))
      .map((target) => `${file} imports ${target}, which comes later`),
  );
}

function folderName(file) {
  return file.split('/')[0];
}

/** Position of a file's folder in the order; the public index comes last. */
function position(file) {
  return file.includes('/') ? order.indexOf(folderName(file)) : order.length;
}

/** Import cycles: strongly connected components (Tarjan 1972). */
function cycles() {
  const found = [];
  const stack = [];
  const index = new Map();
  const lowest = new Map();
  const visit = (file) => {
    index.set(file, index.size);
    lowest.set(file, index.get(file));
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file), lowest.get(target)));
    }
    if (lowest.get(file) < index.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group);
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return found;
}

function formatCycle(group) {
  return `import cycle: ${group.toSorted().join(', ')}`;
}
