// Writes THIRD-PARTY-NOTICES.md from package-lock.json; with --check fails if it is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const file = resolve(root, 'THIRD-PARTY-NOTICES.md');
const { packages } = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8'));

/** The terms of the MIT license. */
const terms = readFileSync(resolve(root, 'LICENSE'), 'utf8')
  .split(/^(?=Permission is hereby)/m)[1]
  .trim();

const text = notices();
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error('THIRD-PARTY-NOTICES.md is out of date; run: node scripts/third-party-notices.js');
  process.exit(1);
}

function notices() {
  const { version } = packages['node_modules/onnxruntime-web'];
  return `# Third-party notices

Fovea is distributed under the MIT license (LICENSE). It contains and depends on work of others.

## Contained in this package

**ONNX Runtime ${version}**, WebAssembly build (\`dist/engines/onnx/wasm/\`), unchanged from the npm package onnxruntime-web. The
libraries compiled into it and their licenses: https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt

> MIT License
>
> Copyright (c) Microsoft Corporation
>
> ${terms.replaceAll('\n', '\n> ')}

## Dependencies

Installed beside this package, each with its own license text. Those named after a platform are installed on that
platform only. libvips (LGPL-3.0-or-later) is a shared library that can be replaced; its packages \`@img/sharp-libvips-*\` list the libraries
it contains. The codec for JPEG files contains libjpeg-turbo (IJG and BSD-3-Clause licenses).

| package | license |
|---|---|
${dependencies().join('\n')}
`;
}

/** One row for each package that users may install. */
function dependencies() {
  const installed = Object.entries(packages).filter(([path, { dev, devOptional }]) => {
    return path !== '' && !dev && !devOptional;
  });
  const rows = installed.map(([path, { license }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (!license) throw new Error(`package-lock.json has no license for ${name}`);
    return `| ${name} | ${license} |`;
  });
  return [...new Set(rows)];
}
