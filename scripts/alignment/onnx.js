// Exports every network as ONNX, with batch normalization folded and kept, and checks it with ONNX Runtime and the ONNX checker.
//
//   npm run build && node scripts/alignment/onnx.js [--only resnet] [--engine native] [--python /usr/bin/python3]
//
// The differences are those of the logits between ONNX Runtime, on the file, and the engine. Needs the Python package onnx
// (Debian: python3-onnx).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  createModel,
  exportCheckpoint,
  importedPreprocessing,
  initialize,
  modelNames,
  softmaxCrossEntropy,
} from '../../dist/index.js';
import { requirePython } from '../python.js';
import { engine, folder, options } from './setting.js';

requirePython(options.python, 'onnx');

/** Additional options with which a network is exported. */
const furtherOptions = {
  googlenet: [{ auxiliary: true }, { batchNorm: true, stemStride: 2 }],
  resnet18: [{ residual: false, stemBias: true }],
  resnet50: [{ strideIn: '1x1' }],
};

console.log(
  `largest difference of a logit between ONNX Runtime and the ${engine.name} engine; file size in MiB`,
);
console.log('network'.padEnd(60), '  folded       kept    MiB  ONNX checker');
for (const name of modelNames) {
  if (!name.includes(options.only)) continue;
  for (const settings of [{}, ...(furtherOptions[name] ?? [])]) await check(name, settings);
}

async function check(name, settings) {
  const model = createModel(name, { ...settings, classes: 10 });
  const checkpoint = {
    model,
    weights: initialize(model.network, model.init, 1),
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    loss: softmaxCrossEntropy(),
    preprocessing: importedPreprocessing(model),
  };
  const paths = ['folded', 'kept'].map((kind) => join(folder, `${kind}.onnx`));
  const folded = await exportCheckpoint(paths[0], checkpoint, { engine });
  const kept = await exportCheckpoint(paths[1], checkpoint, { engine, keepNormalization: true });
  const differences = [folded, kept].map(({ maxDifference }) => maxDifference.toExponential(1).padStart(10));
  const title = `${name} ${Object.keys(settings).length > 0 ? JSON.stringify(settings) : ''}`;
  console.log(
    title.padEnd(60),
    ...differences,
    String(Math.round(folded.bytes / 2 ** 20)).padStart(6),
    ` ${checkerSays(paths)}`,
  );
}

/** Results of the ONNX checker. */
function checkerSays(paths) {
  const script =
    'import sys, onnx\nfor path in sys.argv[1:]: onnx.checker.check_model(onnx.load(path), full_check=True)';
  try {
    execFileSync(options.python, ['-c', script, ...paths], { stdio: ['ignore', 'ignore', 'pipe'] });
    return 'passed';
  } catch (error) {
    process.exitCode = 1;
    return String(error.stderr).trim().split('\n').at(-1);
  }
}
