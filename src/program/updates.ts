// From gradients to the next weights, as nodes of the step's graph: summing over batches, clipping, the optimizer, averages.
import type { Graph, Value, Variable } from '../graph/graph.ts';
import { add } from '../ops/add.ts';
import { clip } from '../ops/clip.ts';
import { concat } from '../ops/concat.ts';
import { div } from '../ops/div.ts';
import { mul } from '../ops/mul.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { reshape } from '../ops/reshape.ts';
import { sgdUpdate } from '../ops/sgd-update.ts';
import { sqrt } from '../ops/sqrt.ts';
import { sub } from '../ops/sub.ts';
import type { Optimizer } from '../optim/optimizers.ts';
import type { UpdateSettings } from '../optim/update-settings.ts';
import { scalar } from '../tensor/tensor.ts';

/** A parameter that is trained, with its gradient. */
export interface Slope {
  readonly variable: Variable;
  readonly value: Value;
  readonly gradient: Value;
}

/** Name of the variable that holds the exponential moving average (EMA) of a parameter or buffer. */
export function averageName(name: string): string {
  return keptName('average', name);
}

/**
 * Adds the update of every parameter, and of all that the optimizer and the settings keep. With several batches to an update,
 * input `batches` float32 `[]` is their number, by which the sum of their gradients is divided.
 */
export function addUpdates(
  graph: Graph,
  slopes: readonly Slope[],
  optimizer: Optimizer,
  { decay = 'all', clipNorm, accumulate = 1, ema }: UpdateSettings,
): void {
  const total = accumulate === 1 ? slopes : accumulatedMeans(graph, slopes);
  const clipped = clipNorm === undefined ? total : clipToNorm(graph, total, clipNorm);
  const learningRate = hyperparameter(graph, 'learningRate');
  for (const { variable, value, gradient } of clipped) {
    graph.within(`${variable.name}.update`, () => {
      const slots = optimizer.slots.map((slot) => ({ slot, held: kept(slot, variable) }));
      const next = optimizer.update({
        weight: value,
        gradient,
        learningRate,
        step: () => hyperparameter(graph, 'step'),
        slots: Object.fromEntries(slots.map(({ slot, held }) => [slot, graph.variable(held)])),
        decays: decay === 'all' || variable.shape.length > 1,
      });
      graph.update(variable, next.weight);
      for (const { slot, held } of slots) graph.update(held, next.slots[slot]);
    });
  }
  if (ema !== undefined) addAverages(graph, ema);
}

/**
 * Adds the gradients of a batch to their sums, which the step that updates adds its own to. Input `carry` float32 `[]`: 0
 * at the first batch of a sum, which forgets the one before, else 1. Sums are divided when they are used, by the number
 * of batches that there were.
 */
export function addSums(graph: Graph, slopes: readonly Slope[]): void {
  const carry = hyperparameter(graph, 'carry');
  for (const { variable, gradient } of slopes) {
    graph.within(`${variable.name}.sum`, () => {
      const sum = kept('sum', variable);
      graph.update(sum, add(mul(graph.variable(sum), carry), gradient));
    });
  }
}

/** The mean gradient of the batches before and this one. Input `carry` float32 `[]`: 0 if there are none before, else 1. */
function accumulatedMeans(graph: Graph, slopes: readonly Slope[]): Slope[] {
  const [carry, batches] = [hyperparameter(graph, 'carry'), hyperparameter(graph, 'batches')];
  return slopes.map((slope) => {
    const { variable, gradient } = slope;
    return graph.within(`${variable.name}.sum`, () => {
      const before = mul(graph.variable(kept('sum', variable)), carry);
      return { ...slope, gradient: div(add(before, gradient), batches) };
    });
  });
}

/** As torch.nn.utils.clip_grad_norm_: all times min(1, most / (norm + 1e-6)). */
function clipToNorm(graph: Graph, slopes: readonly Slope[], most: number): Slope[] {
  const constant = (value: number) => graph.constant(scalar(value));
  return graph.within('clip', () => {
    const squares = slopes.map(({ gradient }) => reshape(reduceSum(mul(gradient, gradient)), [1]));
    const norm = sqrt(reduceSum(concat(squares, { axis: 0 })));
    const scale = clip(div(constant(most), add(norm, constant(1e-6))), { min: 0, max: 1 });
    return slopes.map((slope) => ({ ...slope, gradient: mul(slope.gradient, scale) }));
  });
}

/** average = share average + (1 - share) next: a step of length 1 - share down the slope average - next. */
function addAverages(graph: Graph, share: number): void {
  const learningRate = graph.constant(scalar(1 - share));
  for (const [name, next] of [...graph.updates]) {
    const { source } = graph.variables.get(name)!;
    if (source.kind !== 'variable' || source.variable.role === 'optimizer') continue;
    const { variable } = source;
    graph.within(`${name}.average`, () => {
      const average = kept('average', variable);
      const weight = graph.variable(average);
      const gradient = sub(weight, next);
      graph.update(average, sgdUpdate({ weight, gradient, learningRate }, { weightDecay: 0 }));
    });
  }
}

/** What is kept for a parameter beside it: `optimizer.velocity.fc.weight`. */
function kept(what: string, { name, shape }: Variable): Variable {
  return { name: keptName(what, name), shape, role: 'optimizer' };
}

function keptName(what: string, name: string): string {
  return `optimizer.${what}.${name}`;
}

function hyperparameter(graph: Graph, name: string): Value {
  return graph.inputs.get(name) ?? graph.input(name, { shape: [], dtype: 'float32' }, 'hyperparameter');
}
