// Runs random networks on engines and compares them; a list of networks is compiled as one program.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { gradients } from '../src/autodiff/gradients.ts';
import type { Engine } from '../src/engines/engine.ts';
import { inferenceModel } from '../src/engines/onnx/inference.ts';
import { writeModel } from '../src/engines/onnx/writer.ts';
import { exactEngine, referenceEngine } from '../src/engines/reference/index.ts';
import { Graph, type Value } from '../src/graph/graph.ts';
import type { Variable } from '../src/graph/types.ts';
import { add, mul } from '../src/ops/arithmetic.ts';
import { type PoolAttributes, slidingWindows } from '../src/ops/pool.ts';
import { reduceSum } from '../src/ops/reduce-sum.ts';
import { type Program, toProgram } from '../src/program/program.ts';
import { type FloatTensor, floatTensor, type Tensor } from '../src/tensor/tensor.ts';
import { formulaTensor } from './formula.ts';
import { applyLayer, type NetworkSpec, type ParameterSpec, randomNetwork } from './networks.ts';
import { projectionOf } from './ops.witness.ts';

/** `output`, `gradient image`, and `gradient NAME` of each weight. */
export type Outcome = ReadonlyMap<string, Tensor>;

interface BuiltNetwork {
  readonly values: readonly Value[];
  readonly image: Value;
  readonly weights: ReadonlyMap<string, FloatTensor>;
  readonly variables: readonly {
    readonly variable: Variable;
    readonly value: Value;
    readonly kind: ParameterSpec['kind'];
  }[];
}

/** Adds a network to a graph; its names begin with its seed. */
export function buildNetwork(graph: Graph, { seed, image, layers }: NetworkSpec): BuiltNetwork {
  const input = graph.input(`${seed}/image`, { shape: image, dtype: 'float32' }, 'batch');
  const weights = new Map<string, FloatTensor>();
  const variables: BuiltNetwork['variables'][number][] = [];
  const values = [input];
  layers.forEach(({ operator, inputs, parameters, attributes }, i) => {
    const operands = parameters.map(({ shape, kind }, k) => {
      const variable: Variable = { name: `${seed}/${i}.${k}`, shape, role: 'parameter' };
      const value = graph.variable(variable);
      weights.set(variable.name, parameterValue(variable.name, { shape, kind }));
      variables.push({ variable, value, kind });
      return value;
    });
    const sources = inputs.map((at) => values[at]);
    values.push(applyLayer(operator, [...sources, ...operands], attributes));
  });
  return { values, image: input, weights, variables };
}

function parameterValue(name: string, { shape, kind }: ParameterSpec): FloatTensor {
  const tensor = formulaTensor(name, shape);
  return kind === 'variance'
    ? floatTensor(
        shape,
        tensor.data.map((value) => Math.abs(value) + 0.5),
      )
    : tensor;
}

/** Results of each network under `SEED/NAME`. */
function programOf(specs: readonly NetworkSpec[]): { program: Program; weights: Map<string, FloatTensor> } {
  const graph = new Graph('training');
  const results: Record<string, Value> = {};
  const weights = new Map<string, FloatTensor>();
  for (const spec of specs) {
    const built = buildNetwork(graph, spec);
    const output = built.values.at(-1)!;
    const direction = graph.constant(formulaTensor(`${spec.seed}/direction`, output.shape));
    const trained = built.variables.filter(({ kind }) => kind === 'weight');
    const targets = [built.image, ...trained.map(({ value }) => value)];
    // The image itself takes part, so that the shortest network has a gradient.
    const loss = add(reduceSum(mul(output, direction)), reduceSum(mul(built.image, built.image)));
    const names = ['image', ...trained.map(({ variable }) => variable.name.split('/')[1])];
    results[`${spec.seed}/output`] = output;
    gradients(loss, targets).forEach((gradient, i) => {
      results[`${spec.seed}/gradient ${names[i]}`] = gradient;
    });
    for (const [name, value] of built.weights) weights.set(name, value);
  }
  return { program: toProgram('random networks', graph, results, new Map()), weights };
}

/** Outputs and gradients of every network, by seed. */
export async function runNetworks(
  engine: Engine,
  specs: readonly NetworkSpec[],
): Promise<Map<number, Outcome>> {
  const { program, weights } = programOf(specs);
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  try {
    for (const { name } of state.variables) state.write(name, weights.get(name)!);
    const executable = await engine.compile(program, state);
    const feeds = program.inputs.map(({ name, value }) => [name, formulaTensor(name, value.shape)] as const);
    const results = await executable.run(Object.fromEntries(feeds));
    executable.dispose();
    return bySeed(results);
  } finally {
    state.dispose();
  }
}

function bySeed(results: Readonly<Record<string, Tensor>>): Map<number, Map<string, Tensor>> {
  const outcomes = new Map<number, Map<string, Tensor>>();
  for (const [name, tensor] of Object.entries(results)) {
    const [seed, own] = name.split('/') as [string, string];
    const outcome = outcomes.get(Number(seed)) ?? new Map<string, Tensor>();
    outcomes.set(Number(seed), outcome.set(own, tensor));
  }
  return outcomes;
}

/** The logits of each network as an exported file gives them in ONNX Runtime, with its own rewrites of the graph. */
export async function runExported(spec: NetworkSpec, fold: boolean): Promise<Tensor> {
  const graph = new Graph('inference');
  const { values, weights } = buildNetwork(graph, spec);
  const program = toProgram('exported', graph, { output: values.at(-1)! });
  const model = inferenceModel(program, { weights, fold, metadata: {} });
  const session = await InferenceSession.create(writeModel(model), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const name = `${spec.seed}/image`;
  const { data } = formulaTensor(name, spec.image);
  const { output } = await session.run({ [name]: new OrtTensor('float32', data, spec.image) });
  await session.release();
  return floatTensor(output.dims, output.data as Float32Array);
}

export interface JudgedNetwork {
  readonly spec: NetworkSpec;
  /** In 64-bit arithmetic. */
  readonly expected: Outcome;
}

/** Largest relative difference that float32 may have made. */
export const FLOAT32 = 1e-4;

/**
 * The networks of `count` seeds from `first` on of which engines must agree: those that do not amplify rounding, and whose
 * ReLUs and maxima are not so close to a branch that rounding decides.
 */
export async function steadyNetworks(first: number, count: number): Promise<JudgedNetwork[]> {
  const judged = Array.from({ length: count }, (_, i) => judge(randomNetwork(first + i)));
  return (await Promise.all(judged)).filter((network) => network !== undefined);
}

const ROUNDED = 1e-5;
const DECIDED = 1e-5;

async function judge(spec: NetworkSpec): Promise<JudgedNetwork | undefined> {
  if (spec.layers.length === 0) return undefined;
  const expected = (await runNetworks(exactEngine, [spec])).get(spec.seed)!;
  const rounded = (await runNetworks(referenceEngine, [spec])).get(spec.seed)!;
  const steady = worstDifference(rounded, expected).difference < ROUNDED && (await margin(spec)) > DECIDED;
  return steady ? { spec, expected } : undefined;
}

/** Norm and projection of each tensor, as scripts/witness/networks.py stores them. */
export type ReferenceNorms = readonly (readonly [number, number])[];

/** Largest difference from PyTorch, relative to the norms. */
export function differenceToNorms(outcome: Outcome, norms: ReferenceNorms): Difference {
  const largestNorm = Math.max(...norms.slice(1).map(([norm]) => norm));
  const differences = [...outcome].map(([name, { data }], i) => {
    const [norm, projection] = norms[i];
    const scale = Math.max(norm, name === 'output' ? 1e-3 : GRADIENT_FRACTION * largestNorm);
    const ownNorm = Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0));
    const distance = Math.max(Math.abs(ownNorm - norm), Math.abs(projectionOf(data) - projection));
    return { name, difference: Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance / scale };
  });
  return differences.reduce((worst, each) => (each.difference > worst.difference ? each : worst));
}

/** Smallest distance of an input of a ReLU, clip or maximum from the point where its branch changes, except exact ties. */
async function margin(spec: NetworkSpec): Promise<number> {
  const graph = new Graph('inference');
  const { values, weights } = buildNetwork(graph, spec);
  const program = toProgram('values', graph, Object.fromEntries(values.map((value, i) => [`${i}`, value])));
  const state = exactEngine.createState(program.variables.map(({ variable }) => variable));
  for (const { name } of state.variables) state.write(name, weights.get(name)!);
  const executable = await exactEngine.compile(program, state);
  const image = formulaTensor(`${spec.seed}/image`, spec.image);
  const tensors = await executable.run({ [`${spec.seed}/image`]: image });
  const margins = spec.layers.flatMap(({ operator, inputs, attributes }, i) => {
    const [x, y] = [tensors[inputs[0]], tensors[i + 1]];
    if (operator === 'Relu') return distances(x, [0]);
    if (operator === 'Clip') {
      const { min, max } = attributes as { min: number; max: number };
      return distances(x, [min, max]);
    }
    return operator === 'MaxPool' ? gaps(x, y, attributes as PoolAttributes) : [];
  });
  return margins.filter((each) => each > 0).reduce((least, each) => Math.min(least, each), 1);
}

function distances({ data }: Tensor, places: readonly number[]): number[] {
  return Array.from(data).flatMap((value) => places.map((place) => Math.abs(value - place)));
}

/** Between the largest and the next different value of each window. */
function gaps(x: Tensor, y: Tensor, attributes: PoolAttributes): number[] {
  const plane = x.shape[2] * x.shape[3];
  const windows = slidingWindows(x.shape, y.shape, attributes);
  return Array.from({ length: x.data.length / plane }, (_, channel) =>
    windows.map((window) => {
      const sorted = [...new Set(window.map((place) => x.data[channel * plane + place]))].sort(
        (a, b) => b - a,
      );
      return sorted.length > 1 ? sorted[0] - sorted[1] : 1;
    }),
  ).flat();
}

export interface Difference {
  readonly name: string;
  /** Relative to the largest entry of the tensor, or to a fraction of the largest of all gradients. */
  readonly difference: number;
}

/** A gradient that is 0 up to rounding is compared with this fraction of the largest gradient. */
const GRADIENT_FRACTION = 0.01;

export function worstDifference(actual: Outcome, expected: Outcome): Difference {
  const largestGradient = Math.max(
    ...[...expected].map(([name, { data }]) => (name === 'output' ? 0 : largest(data))),
  );
  let worst: Difference = { name: '', difference: 0 };
  for (const [name, { data }] of expected) {
    const scale = Math.max(largest(data), name === 'output' ? 1e-3 : GRADIENT_FRACTION * largestGradient);
    const other = actual.get(name)!.data;
    const difference = largest(Array.from(data, (value, i) => value - other[i])) / scale;
    if (!(difference <= worst.difference)) worst = { name, difference };
  }
  return worst;
}

/** Infinite if a value is NaN. */
function largest(data: ArrayLike<number>): number {
  return Array.from(data).reduce((most, value) => {
    const size = Math.abs(value);
    return Number.isNaN(size) ? Number.POSITIVE_INFINITY : Math.max(most, size);
  }, 0);
}
