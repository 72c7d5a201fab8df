// Times one convolution with both its gradients, as JSON: node bench/conv.js conv-C-K-KERNEL-STRIDE --input N,C,H,W
import { parseArgs } from 'node:util';
import { conv, Graph, gradients, mul, openEngine, reduceSum, toProgram, zeros } from '../dist/index.js';

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    input: { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    steps: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
  },
});
const [channels, outputs, kernel, stride] = positionals[0].split('-').slice(1).map(Number);
const shape = options.input.split(',').map(Number);

const graph = new Graph('training');
const x = graph.input('x', { shape, dtype: 'float32' }, 'batch');
const weight = graph.variable({
  name: 'weight',
  shape: [outputs, channels, kernel, kernel],
  role: 'parameter',
});
const pad = Math.floor(kernel / 2);
const y = conv(x, weight, undefined, { strides: [stride, stride], pads: [pad, pad, pad, pad] });
const direction = graph.input('direction', y, 'batch');
const loss = reduceSum(mul(y, direction));
const [dx, dw] = gradients(loss, [x, weight]);
// The gradients end in sums, so that what is timed is the convolutions and not the copying of results.
const program = toProgram('convolution', graph, { loss, dx: reduceSum(dx), dw: reduceSum(dw) });

const engine = await openEngine(options.engine, { threads: Number(options.threads) });
const state = engine.createState(program.variables.map(({ variable }) => variable));
const executable = await engine.compile(program, state);
const random = ({ shape: extents }) => {
  const tensor = zeros(extents);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.random() - 0.5;
  return tensor;
};
state.write('weight', random(weight));
const feeds = { x: random(x), direction: random(y) };
const times = [];
for (let step = -2; step < Number(options.steps); step++) {
  const start = performance.now();
  await executable.run(feeds);
  if (step >= 0) times.push(performance.now() - start);
}
console.log(JSON.stringify({ medianMs: times.sort((a, b) => a - b)[Math.floor(times.length / 2)] }));
