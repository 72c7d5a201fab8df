// Runs an example on Node versions that do not run TypeScript themselves: npm run example NAME [-- ARGUMENTS]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
const [name = '', ...rest] = process.argv.slice(2);
const source = join(root, 'examples', `${name}.ts`);
if (!existsSync(source)) {
  const known = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'));
  console.error(
    `no example "${name}"; there are: ${known.map((file) => file.replace('.ts', '')).join(', ')}`,
  );
  process.exit(2);
}
const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
});
const folder = join(root, 'dist/examples');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${name}.js`);
writeFileSync(file, outputText);
process.argv = [process.argv[0], file, ...rest];
await import(pathToFileURL(file).href);
