// The compared steps as programs, with random inputs and initial values of their variables.

import { randomFeeds } from '../dist/diagnose/random-feeds.js';
import {
  conv,
  createModel,
  forwardProgram,
  Graph,
  gradients,
  initialize,
  momentum,
  mul,
  reduceSum,
  softmaxCrossEntropy,
  toProgram,
  trainProgram,
  zeros,
} from '../dist/index.js';

export function stepOf({ mode, model, input, classes }) {
  return model.startsWith('conv-') ? convolutionStep(model, input) : modelStep(mode, model, input, classes);
}

/** A training step with momentum 0.9, or a forward pass. */
function modelStep(mode, name, [batchSize, ...image], classes) {
  const model = createModel(name, { classes, input: image });
  const loss = softmaxCrossEntropy();
  const program =
    mode === 'train'
      ? trainProgram(model, { batchSize, loss, optimizer: momentum() })
      : forwardProgram(model, { batchSize });
  const feeds = randomFeeds(program, model, { batchSize, loss, seed: 0 });
  return { program, feeds, weights: initialize(model.network, model.init, 0) };
}

/** One convolution with the gradients of its input and its weights. */
function convolutionStep(name, shape) {
  const [channels, outputs, kernel, stride] = name.split('-').slice(1).map(Number);
  const graph = new Graph('training');
  const x = graph.input('x', { shape, dtype: 'float32' }, 'batch');
  const weightShape = [outputs, channels, kernel, kernel];
  const weight = graph.variable({ name: 'weight', shape: weightShape, role: 'parameter' });
  const pad = Math.floor(kernel / 2);
  const y = conv(x, weight, undefined, { strides: [stride, stride], pads: [pad, pad, pad, pad] });
  const direction = graph.input('direction', y, 'batch');
  const loss = reduceSum(mul(y, direction));
  const [dx, dw] = gradients(loss, [x, weight]);
  // The gradients are summed, so that convolutions are timed and not the copying of results.
  const program = toProgram('convolution', graph, { loss, dx: reduceSum(dx), dw: reduceSum(dw) });
  const feeds = { x: randomTensor(x.shape), direction: randomTensor(y.shape) };
  return { program, feeds, weights: new Map([['weight', randomTensor(weightShape)]]) };
}

function randomTensor(shape) {
  const tensor = zeros(shape);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.random() - 0.5;
  return tensor;
}
