// Gives Fovea and torchvision the same weights, through files and in both directions, and compares their outputs.
//
//   npm run build && node scripts/alignment/torchvision.js [--only resnet] [--engine native] [--python /usr/bin/python3]
//
// Random weights of torchvision are imported, and initial weights of Fovea are exported and loaded in torchvision. Logits in
// inference mode and with batch statistics must agree within 1e-4 of the largest logit. Deep networks with batch statistics
// amplify rounding: for them, four times torchvision's own error against float64 is allowed.
// Needs torchvision (Debian: python3-torch, python3-torchvision).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  createModel,
  Dropout,
  exportCheckpoint,
  forwardProgram,
  gradientProgram,
  importedPreprocessing,
  importWeights,
  initialize,
  Module,
  readTensors,
  softmaxCrossEntropy,
  zeros,
} from '../../dist/index.js';
import { requirePython } from '../python.js';
import { engine, folder, options } from './setting.js';

requirePython(options.python, 'torch', 'torchvision');

/** Fovea's name, torchvision's name, options, image size. */
const networks = [
  ['alexnet-torchvision', 'alexnet', {}, 96],
  ['vgg11', 'vgg11', {}, 64],
  ['vgg13', 'vgg13', {}, 64],
  ['vgg16', 'vgg16', {}, 64],
  ['vgg19', 'vgg19', {}, 64],
  ['vgg11-bn', 'vgg11_bn', {}, 96],
  ['vgg13-bn', 'vgg13_bn', {}, 96],
  ['vgg16-bn', 'vgg16_bn', {}, 96],
  ['vgg19-bn', 'vgg19_bn', {}, 96],
  ['googlenet', 'googlenet', { batchNorm: true, stemStride: 2 }, 128],
  ['resnet18', 'resnet18', {}, 128],
  ['resnet34', 'resnet34', {}, 128],
  ['resnet50', 'resnet50', {}, 128],
  ['resnet101', 'resnet101', {}, 224],
  ['resnet152', 'resnet152', {}, 224],
  ['resnext50-32x4d', 'resnext50_32x4d', {}, 128],
  ['wide-resnet50-2', 'wide_resnet50_2', {}, 128],
  ['mobilenet-v2', 'mobilenet_v2', {}, 128],
  ['mobilenet-v3-small', 'mobilenet_v3_small', {}, 128],
  ['mobilenet-v3-large', 'mobilenet_v3_large', {}, 128],
  ['shufflenet-v2-x0.5', 'shufflenet_v2_x0_5', {}, 128],
  ['shufflenet-v2-x1.0', 'shufflenet_v2_x1_0', {}, 128],
  ['squeezenet1.1', 'squeezenet1_1', {}, 96],
  ['densenet121', 'densenet121', {}, 128],
  ['densenet169', 'densenet169', {}, 128],
  ['densenet201', 'densenet201', {}, 128],
  ['efficientnet-b0', 'efficientnet_b0', {}, 128],
  ['efficientnet-b1', 'efficientnet_b1', {}, 128],
  ['efficientnet-b2', 'efficientnet_b2', {}, 128],
  ['efficientnet-b3', 'efficientnet_b3', {}, 128],
];
const BATCH = 4;
const LIMIT = 1e-4;

console.log(`largest difference, relative to the largest logit; ${engine.name} engine`);
const columns = ['imported', 'in training', '(theirs)', 'exported', 'in training', '(theirs)'];
console.log(' '.repeat(22), ...columns.map((column) => column.padStart(11)));
for (const [name, theirName, settings, extent] of networks) {
  if (!name.includes(options.only)) continue;
  const model = createModel(name, { ...settings, classes: 10, input: [3, extent, extent] });
  withoutDropout(model.network);
  const comparisons = [await imported(model, theirName), await exported(model, theirName)];
  console.log(name.padEnd(22), ...comparisons.flat().map((value) => value.toExponential(1).padStart(11)));
  for (const [evaluated, trained, rounding] of comparisons) {
    if (evaluated > LIMIT || trained > Math.max(LIMIT, 4 * rounding)) process.exitCode = 1;
  }
}

/** torchvision's random weights in Fovea's network. */
async function imported(model, theirName) {
  const input = [BATCH, ...model.input].join(',');
  python('make', theirName, '--input', input);
  const { checkpoint, fault } = await importWeights(join(folder, 'weights.pth'), { model });
  if (fault) throw new Error(fault);
  return differences(model, checkpoint.weights);
}

/** Fovea's initial weights in torchvision's network. */
async function exported(model, theirName) {
  const weights = initialize(model.network, model.init, 1);
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  const loss = softmaxCrossEntropy();
  const checkpoint = { model, weights, classes, loss, preprocessing: importedPreprocessing(model) };
  await exportCheckpoint(join(folder, 'weights.safetensors'), checkpoint);
  python('run', theirName);
  return differences(model, weights);
}

/** Fovea against outputs.npz in inference and training mode, and torchvision in training mode against its own float64. */
async function differences(model, weights) {
  const { tensors } = await readTensors(join(folder, 'outputs.npz'));
  const images = tensors.get('images');
  const loss = softmaxCrossEntropy();
  const step = { batchSize: BATCH, loss };
  const evaluated = await run(forwardProgram(model, step), weights, { images });
  const labels = loss.encode(zeros([BATCH], 'int32'));
  const trained = await run(gradientProgram(model, step), weights, { images, labels });
  return [
    relative(evaluated.logits, tensors.get('evaluated')),
    relative(trained.logits, tensors.get('trained')),
    tensors.get('rounding').data[0],
  ];
}

async function run(program, weights, feeds) {
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  for (const { name } of state.variables) state.write(name, weights.get(name));
  const executable = await engine.compile(program, state);
  const wanted = program.inputs.map(({ name }) => [name, feeds[name] ?? zeros([])]);
  const results = await executable.run(Object.fromEntries(wanted));
  executable.dispose();
  state.dispose();
  return results;
}

function relative({ data }, expected) {
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(...expected.data.map((value, i) => Math.abs(value - data[i]))) / largest;
}

/** torchvision's has none either, because masks would differ. */
function withoutDropout(module) {
  if (module instanceof Dropout) module.ratio = 0;
  for (const [, part] of module.children()) if (part instanceof Module) withoutDropout(part);
}

function python(...parameters) {
  const [mode, model, ...rest] = parameters;
  const script = join(import.meta.dirname, 'torchvision_side.py');
  execFileSync(options.python, [script, mode, model, folder, ...rest], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
