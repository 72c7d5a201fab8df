// An ONNX model for export: with weights, a variable batch size, and readable names.
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
  /** Whether to fold batch normalization into the preceding convolution. */
  readonly fold: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Name of the variable extent. */
const BATCH = 'batch';

/** The model of a forward program. Inputs and outputs have the program's names; their first extent is variable. */
export function inferenceModel(program: Program, { weights, fold, metadata }: InferenceOptions): OnnxModel {
  const { model, inputs, variables, results } = lowerProgram(program, portableLowerings);
  const names = new Map([...inputs, ...results].map(([name, modelName]) => [modelName, name]));
  const initializers = new Map(model.initializers);
  for (const [name, modelName] of variables) initializers.set(modelName, weightConstant(name, weights));
  const exported: OnnxModel = {
    ...model,
    metadata,
    initializers,
    nodes: model.nodes.map((node) => renamed(node, names)),
    inputs: exportedValues(model.inputs, names),
    outputs: exportedValues(model.outputs, names),
  };
  return fold ? foldNormalizations(exported) : exported;
}

function weightConstant(name: string, weights: ReadonlyMap<string, FloatTensor>): OnnxTensor {
  const value = weights.get(name);
  if (!value) throw internal(`no value for ${name}`);
  return { type: 'float32', shape: value.shape, data: value.data };
}

function renamed(node: OnnxNode, names: ReadonlyMap<string, string>): OnnxNode {
  const rename = (list: readonly string[]) => list.map((name) => names.get(name) ?? name);
  return { ...node, inputs: rename(node.inputs), outputs: rename(node.outputs) };
}

/** The values that have a name in the program, under that name and with a variable batch size. */
function exportedValues(
  values: readonly OnnxValueInfo[],
  names: ReadonlyMap<string, string>,
): OnnxValueInfo[] {
  return values.flatMap((info) => {
    const name = names.get(info.name);
    return name === undefined ? [] : [{ ...info, name, shape: [BATCH, ...info.shape.slice(1)] }];
  });
}
