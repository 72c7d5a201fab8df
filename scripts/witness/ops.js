// Prints the cases of operators and optimizers with all their values as JSON: what scripts/witness/ops.py computes from.
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('../../test/ops.programs.ts', import.meta.url).pathname, {
  configFile: false,
});

const plain = ({ shape, dtype, data }) => ({ shape, dtype, data: [...data] });

const cases = module.plannedCases.map(({ name, subject, build }) => {
  const { attributes, inputs, feeds, differentiable, weights } = build();
  return {
    name,
    operator: subject,
    attributes,
    inputs: inputs.map((input) => plain(feeds[input.name])),
    differentiable,
    weights: weights.map((tensor) => (tensor ? plain(tensor) : null)),
  };
});

const updates = module.plannedUpdates.map(({ name, subject, build }) => {
  const { settings, weight, steps } = build();
  return {
    name,
    optimizer: subject,
    settings,
    weight: plain(weight),
    gradients: steps.map(({ gradient }) => plain(gradient)),
    learningRates: steps.map(({ learningRate }) => learningRate.data[0]),
  };
});

process.stdout.write(JSON.stringify({ cases, updates }));
