// Adds the update to the graph of a training step: gradient accumulation, clipping, the optimizer, EMA.
import { multiply, subtract } from '../expressions/builders.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { Origin, Variable } from '../graph/types.ts';
import { clip } from '../ops/activations.ts';
import { add, div, mul, sqrt } from '../ops/arithmetic.ts';
import { concat } from '../ops/concat.ts';
import { elementwise } from '../ops/elementwise.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { reshape } from '../ops/reshape.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import { scalar } from '../tensor/tensor.ts';

/** A trainable parameter with its gradient. */
export interface ParameterGradient {
  readonly variable: Variable;
  readonly value: Value;
  readonly gradient: Value;
}

/** Name of the variable that holds the exponential moving average (EMA) of a parameter or buffer. */
export function averageName(name: string): string {
  return stateName('average', name);
}

/**
 * Adds the updates of every parameter, of the optimizer state, and of the EMA. With gradient accumulation,
 * input `batches` float32 `[]` is the number of batches, by which the sum of their gradients is divided.
 */
export function addUpdates(
  graph: Graph,
  parameters: readonly ParameterGradient[],
  optimizer: Optimizer,
  { decay = 'all', clipNorm, accumulate = 1, ema }: UpdateSettings,
): void {
  const total = accumulate === 1 ? parameters : accumulatedMeans(graph, parameters);
  const clipped = clipNorm === undefined ? total : clipToNorm(graph, total, clipNorm);
  const learningRate = hyperparameter(graph, 'learningRate');
  for (const { variable, value, gradient } of clipped) {
    const slots = optimizer.slots.map((slot) => ({ slot, state: stateVariable(slot, variable) }));
    withinUpdate(graph, variable, 'update', () => {
      const next = optimizer.update({
        weight: value,
        gradient,
        learningRate,
        step: () => hyperparameter(graph, 'step'),
        slots: Object.fromEntries(slots.map(({ slot, state }) => [slot, graph.variable(state)])),
        decays: decay === 'all' || variable.shape.length > 1,
      });
      graph.update(variable, next.weight);
      for (const { slot, state } of slots) graph.update(state, next.slots[slot]);
    });
  }
  if (ema !== undefined) addAverages(graph, ema);
}

/**
 * Adds the gradients of a batch to their sums. Input `carry` float32 `[]` is 0 for the first batch, which
 * resets the sums, else 1. The update step divides the sums by the number of batches.
 */
export function addSums(graph: Graph, parameters: readonly ParameterGradient[]): void {
  const carry = hyperparameter(graph, 'carry');
  for (const { variable, gradient } of parameters) {
    withinUpdate(graph, variable, 'sum', () => {
      const sum = stateVariable('sum', variable);
      graph.update(sum, add(mul(graph.variable(sum), carry), gradient));
    });
  }
}

/**
 * The mean gradient of the accumulated batches and this one. Input `carry` float32 `[]` is 0 for a single batch, else 1.
 */
function accumulatedMeans(graph: Graph, parameters: readonly ParameterGradient[]): ParameterGradient[] {
  const [carry, batches] = [hyperparameter(graph, 'carry'), hyperparameter(graph, 'batches')];
  return parameters.map((parameter) => {
    const { variable, gradient } = parameter;
    return withinUpdate(graph, variable, 'sum', () => {
      const accumulated = mul(graph.variable(stateVariable('sum', variable)), carry);
      return { ...parameter, gradient: div(add(accumulated, gradient), batches) };
    });
  });
}

/** Clips the global norm as torch.nn.utils.clip_grad_norm_: scales all gradients by min(1, limit / (norm + 1e-6)). */
function clipToNorm(
  graph: Graph,
  parameters: readonly ParameterGradient[],
  limit: number,
): ParameterGradient[] {
  const constant = (value: number) => graph.constant(scalar(value));
  const clipGradients = () => {
    const squares = parameters.map(({ gradient }) => reshape(reduceSum(mul(gradient, gradient)), [1]));
    const norm = sqrt(reduceSum(concat(squares, { axis: 0 })));
    const scale = clip(div(constant(limit), add(norm, constant(1e-6))), { min: 0, max: 1 });
    return parameters.map((parameter) => ({ ...parameter, gradient: mul(parameter.gradient, scale) }));
  };
  return graph.within('clip', clipGradients, { layer: 'clip', phase: 'update' });
}

/** decay average + (1 - decay) next, computed as average - (1 - decay) (average - next). */
const AverageUpdate = elementwise({
  name: 'AverageUpdate',
  operands: ['average', 'next'],
  formula: ({ average, next }, { decay }: { readonly decay: number }) =>
    subtract(average, multiply(1 - decay, subtract(average, next))),
});

function addAverages(graph: Graph, decay: number): void {
  for (const [name, next] of [...graph.updates]) {
    const source = graph.variables.get(name)?.source;
    if (source?.kind !== 'variable' || source.variable.role === 'optimizer') continue;
    const { variable } = source;
    withinUpdate(graph, variable, 'average', () => {
      const average = stateVariable('average', variable);
      graph.update(average, graph.apply(AverageUpdate, [graph.variable(average), next], { decay }));
    });
  }
}

/** Names the nodes of an update after its variable; their origin is the layer that holds the variable. */
function withinUpdate<T>(graph: Graph, { name }: Variable, what: string, body: () => T): T {
  const origin: Origin = { layer: name.slice(0, Math.max(0, name.lastIndexOf('.'))), phase: 'update' };
  return graph.within(`${name}.${what}`, body, origin);
}

/** State of the optimizer for a parameter, for example `optimizer.velocity.fc.weight`. */
function stateVariable(slot: string, { name, shape }: Variable): Variable {
  return { name: stateName(slot, name), shape, role: 'optimizer' };
}

function stateName(slot: string, name: string): string {
  return `optimizer.${slot}.${name}`;
}

function hyperparameter(graph: Graph, name: string): Value {
  return graph.inputs.get(name) ?? graph.input(name, { shape: [], dtype: 'float32' }, 'hyperparameter');
}
