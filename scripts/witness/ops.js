// Prints the operator cases of test/ops.cases.ts with all their values as JSON: what scripts/witness/ops.py computes from.
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('../../test/ops.programs.ts', import.meta.url).pathname, {
  configFile: false,
});

const plain = ({ shape, dtype, data }) => ({ shape, dtype, data: [...data] });

const cases = module.builtCases().map((built) => ({
  name: built.name,
  operator: built.operator,
  attributes: built.attributes,
  inputs: built.inputs.map(({ name }) => plain(built.feeds[name])),
  differentiable: built.differentiable,
  weights: built.weights.map((weights) => (weights ? plain(weights) : null)),
}));

const updates = module.builtUpdates().map(({ name, operator, attributes, weight, steps }) => ({
  name,
  operator,
  attributes,
  weight: plain(weight),
  gradients: steps.map(({ gradient }) => plain(gradient)),
  learningRates: steps.map(({ learningRate }) => learningRate.data[0]),
}));

process.stdout.write(JSON.stringify({ cases, updates }));
