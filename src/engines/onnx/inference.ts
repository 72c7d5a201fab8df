// An ONNX model to ship: the weights are in it, it takes any number of images, and its names are for people.

import { internal } from '../../base/errors.ts';
import type { Program } from '../../program/program.ts';
import type { FloatTensor } from '../../tensor/tensor.ts';
import { foldNormalizations } from './fold.ts';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from './graph.ts';
import { portableLowerings } from './lowering/portable.ts';
import { lowerProgram } from './model.ts';

export interface InferenceOptions {
  /** Values of the program's variables, by name. */
  readonly weights: ReadonlyMap<string, FloatTensor>;
  /** Whether batch normalization is folded into the convolution before it. */
  readonly fold: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The name of the extent that is left open. */
const BATCH = 'batch';

/** The model of a forward program. Inputs and outputs have the program's names; their first extent is open. */
export function inferenceModel(program: Program, { weights, fold, metadata }: InferenceOptions): OnnxModel {
  const { model, inputs, variables, results } = lowerProgram(program, portableLowerings);
  const names = new Map([...inputs, ...results].map(([name, inModel]) => [inModel, name]));
  const initializers = new Map(model.initializers);
  for (const [name, inModel] of variables) initializers.set(inModel, constantOf(name, weights));
  const shipped: OnnxModel = {
    ...model,
    metadata,
    initializers,
    nodes: model.nodes.map((node) => renamed(node, names)),
    inputs: model.inputs
      .filter(({ name }) => names.has(name))
      .map((info) => withOpenBatch({ ...info, name: names.get(info.name)! })),
    outputs: model.outputs.map((info) => withOpenBatch({ ...info, name: names.get(info.name)! })),
  };
  return fold ? foldNormalizations(shipped) : shipped;
}

function constantOf(name: string, weights: ReadonlyMap<string, FloatTensor>): OnnxTensor {
  const value = weights.get(name);
  if (!value) throw internal(`no value for ${name}`);
  return { type: 'float32', shape: value.shape, data: value.data };
}

function renamed(node: OnnxNode, names: ReadonlyMap<string, string>): OnnxNode {
  const rename = (list: readonly string[]) => list.map((name) => names.get(name) ?? name);
  return { ...node, inputs: rename(node.inputs), outputs: rename(node.outputs) };
}

function withOpenBatch(info: OnnxValueInfo): OnnxValueInfo {
  return { ...info, shape: [BATCH, ...info.shape.slice(1)] };
}
