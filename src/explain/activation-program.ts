// What a network computes inside, with the gradient of a class's logit, as a program that any engine runs.
import { gradients } from '../autodiff/gradients.ts';
import type { Engine, Executable } from '../engines/engine.ts';
import type { Value } from '../graph/graph.ts';
import type { Loss, Model } from '../nn/index.ts';
import { mul } from '../ops/mul.ts';
import { reduceSum } from '../ops/reduce-sum.ts';
import { type Program, toProgram } from '../program/program.ts';
import { type FloatTensor, floatTensor } from '../tensor/tensor.ts';
import { layerOutput, traceLayers } from './layers.ts';

export interface ActivationProgramOptions {
  readonly batchSize: number;
  readonly loss: Loss;
  /** Layers whose outputs are wanted, by name of a node or module. */
  readonly layers: readonly string[];
  /** Those of them whose gradients are wanted, too. */
  readonly differentiated?: readonly string[];
}

/**
 * A forward pass as prediction does it. Inputs: `images` `[N, C, H, W]` and, where gradients are wanted, `direction` `[N, K]`.
 * Results: `logits`, `probabilities`, `output LAYER`, and `gradient LAYER`, that of the sum of direction x logits.
 * @throws UsageError for an unknown layer
 */
export function activationProgram(
  model: Model,
  { batchSize, loss, layers: wanted, differentiated = [] }: ActivationProgramOptions,
): Program {
  const layers = traceLayers(model, batchSize);
  const { logits } = layers;
  const outputs = wanted.map((layer) => [`output ${layer}`, layerOutput(layers, layer)] as const);
  const results: Record<string, Value> = {
    logits,
    probabilities: loss.probabilities(logits),
    ...Object.fromEntries(outputs),
  };
  if (differentiated.length > 0) {
    const direction = logits.graph.input('direction', { shape: logits.shape, dtype: 'float32' }, 'batch');
    const targets = differentiated.map((layer) => layerOutput(layers, layer));
    const slopes = gradients(reduceSum(mul(logits, direction)), targets);
    for (const [i, layer] of differentiated.entries()) results[`gradient ${layer}`] = slopes[i];
  }
  return toProgram(`inside ${model.name}`, logits.graph, results, new Map());
}

/**
 * The direction of one class's logit, `[1, K]`. With one output, which is the logit of the class with index 1, the other
 * class has its negative.
 */
export function classDirection(outputs: number, index: number): FloatTensor {
  if (outputs === 1) return floatTensor([1, 1], [index === 1 ? 1 : -1]);
  return floatTensor(
    [1, outputs],
    Array.from({ length: outputs }, (_, i) => (i === index ? 1 : 0)),
  );
}

/** Calls `use` with a program that is compiled over a checkpoint's weights, and disposes of both afterwards. */
export async function withExecutable<Result>(
  engine: Engine,
  program: Program,
  weights: ReadonlyMap<string, FloatTensor>,
  use: (executable: Executable) => Promise<Result>,
): Promise<Result> {
  const state = engine.createState(program.variables.map(({ variable }) => variable));
  try {
    for (const { name } of state.variables) state.write(name, weights.get(name)!);
    const executable = await engine.compile(program, state);
    return await use(executable).finally(() => executable.dispose());
  } finally {
    state.dispose();
  }
}
