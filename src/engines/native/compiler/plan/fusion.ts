// Fusion: operators that one kernel can run in a single pass over memory become one instruction.

import { internal } from '../../../../base/errors.ts';
import { add } from '../../../../expressions/builders.ts';
import {
  constant,
  type Expression,
  lengthOf,
  operand,
  sameExpression,
} from '../../../../expressions/expression.ts';
import { compose, isLinear, keepsZero } from '../../../../expressions/simplify.ts';
import type { Node, Value } from '../../../../graph/graph.ts';
import { isElementwise } from '../../../../ops/elementwise.ts';
import type { OperatorName } from '../../../../ops/index.ts';
import type { Program } from '../../../../program/program.ts';
import { sameShape, sizeOf } from '../../../../tensor/shape.ts';
import { builtInName } from '../../../expand.ts';
import type { Epilogue, FusedAttributes, Instruction, InstructionKind } from '../instruction.ts';
import { InstructionList } from './instruction-list.ts';

type Elementwise = FusedAttributes['Elementwise'];

/** The instructions of a program of built-in and elementwise operators, fused, in an order in which they can run. */
export function fuse(program: Program): Instruction[] {
  const kept = new Set<Value>([...program.results.values(), ...program.updates.values()]);
  const instructions = new InstructionList(program.nodes.map(toInstruction), kept);
  fuseInferenceNormalizations(instructions);
  fuseEpilogues(instructions, 'Conv', 'BatchNormalizationTraining', 'Gemm');
  fuseAddends(instructions);
  fusePrologues(instructions);
  fuseEpilogues(instructions, 'MaxPoolGrad', 'AveragePoolGrad');
  fuseChains(instructions);
  return instructions.toArray();
}

function toInstruction({ name, origin, operator, attributes, inputs, outputs }: Node): Instruction {
  const common = { name, origin, outputs };
  if (isElementwise(operator))
    return { ...common, ...elementwise(operator.name, operator.formula(attributes), inputs) };
  const kind = builtInName(operator);
  if (!kind) throw internal(`${operator.name} was not expanded`);
  return { ...common, kind, attributes: { ...attributes, ...unfused(kind, inputs.length) }, inputs };
}

/** An elementwise instruction; inputs that are constants of one number become constants of its formulas. */
function elementwise(operator: string, formulas: readonly Expression[], values: readonly Value[]) {
  const inputs = [...new Set(values.filter((value) => numberOf(value) === undefined))];
  const places = values.map((value) => {
    const number = numberOf(value);
    return number === undefined ? operand(inputs.indexOf(value)) : constant(number);
  });
  const attributes = { operator, formulas: formulas.map((formula) => compose(formula, places)) };
  return { kind: 'Elementwise', attributes, inputs } as const;
}

/** The number that a constant holds, if it is one. */
function numberOf({ source, shape }: Value): number | undefined {
  return source.kind === 'constant' && sizeOf(shape) === 1 ? source.tensor.data[0] : undefined;
}

/** What an instruction that nothing is fused into has of its kind's further attributes. */
function unfused(kind: OperatorName, inputs: number): object {
  switch (kind) {
    case 'Conv':
      return { bias: inputs === 3, affine: false, residual: false };
    case 'ConvGradInput':
      return { addend: false };
    case 'BatchNormalizationTraining':
      return { residual: false };
    case 'BatchNormalizationGrad':
      return { emitsGradient: false };
    default:
      return {};
  }
}

/** Conv, then BatchNormalization by running statistics: one factor and one shift a channel, in the convolution's last step. */
function fuseInferenceNormalizations(instructions: InstructionList): void {
  for (const normalization of instructions.ofKind('BatchNormalization')) {
    const [x, ...statistics] = normalization.inputs as [Value, ...Value[]];
    const conv = instructions.producer(x);
    if (conv?.kind !== 'Conv' || instructions.soleReader(x) !== normalization) continue;
    const { graph, shape } = statistics[0];
    const [factor, shift] = [
      graph.detached({ shape, dtype: 'float32' }),
      graph.detached({ shape, dtype: 'float32' }),
    ];
    instructions.replace(
      normalization,
      [conv],
      {
        kind: 'FoldStatistics',
        name: `${normalization.name}.fold`,
        origin: normalization.origin,
        attributes: normalization.attributes,
        inputs: statistics,
        outputs: [factor, shift],
      },
      {
        ...conv,
        attributes: { ...conv.attributes, affine: true },
        inputs: [...conv.inputs, factor, shift],
        outputs: normalization.outputs,
      },
    );
  }
}

/** How a kind of instruction that finishes with a formula gets at the formula's operand 1. */
interface Finishing {
  /** The value that is operand 1 already. */
  further(instruction: Instruction): Value | undefined;
  /** Whether another value may become operand 1, as a further input. */
  readonly takesAny: boolean;
  /** Whether the formula is applied to the parts of a sum. */
  readonly toParts?: boolean;
}

const residual: Finishing = {
  further: ({ inputs, attributes }) =>
    (attributes as FusedAttributes['Conv']).residual ? inputs[inputs.length - 1] : undefined,
  takesAny: true,
};

const finishing: Readonly<Partial<Record<InstructionKind, Finishing>>> = {
  Conv: residual,
  BatchNormalizationTraining: residual,
  Gemm: { further: () => undefined, takesAny: false },
  AveragePoolGrad: { further: ({ inputs }) => inputs[1], takesAny: true, toParts: true },
  MaxPoolGrad: { further: ({ inputs }) => inputs[1], takesAny: false, toParts: true },
};

/** An instruction, then elementwise operators that alone read its result: shortcuts, activations, and their gradients. */
function fuseEpilogues(instructions: InstructionList, ...kinds: readonly InstructionKind[]): void {
  for (const instruction of instructions.ofKind(...kinds)) {
    let fused: Instruction | undefined = instruction;
    while (fused) fused = fuseNext(instructions, fused);
  }
}

function fuseNext(instructions: InstructionList, instruction: Instruction): Instruction | undefined {
  const next = instructions.soleReader(instruction.outputs[0]);
  const fused = next?.kind === 'Elementwise' ? withEpilogue(instruction, next) : undefined;
  if (next && fused) instructions.replace(next, [instruction], fused);
  return fused;
}

/** `instruction` with `next` as the end of its epilogue, if it can be. */
function withEpilogue(instruction: Instruction, next: Instruction): Instruction | undefined {
  const { attributes, inputs, outputs } = instruction;
  const { further, takesAny, toParts } = finishing[instruction.kind] ?? residual;
  const [value, ...others] = outputs;
  const known = further(instruction);
  const read = next.inputs.filter((input) => input !== value);
  const [operand1 = known] = read;
  const isNew = read.length > 0 && known === undefined;
  const fits = [...read, ...next.outputs].every(({ shape }) => sameShape(shape, value.shape));
  if (!fits || next.outputs.length > 1 || read.length > 1) return undefined;
  if (isNew ? !takesAny : operand1 !== known) return undefined;
  const { epilogue = operand(0) } = attributes as Epilogue;
  const places = next.inputs.map((input) => (input === value ? epilogue : operand(1)));
  const [formula] = (next.attributes as Elementwise).formulas.map((each) => compose(each, places));
  if (isLong(formula) || (toParts && !isLinear(formula, 0))) return undefined;
  return {
    ...instruction,
    attributes: {
      ...attributes,
      epilogue: formula,
      ...(isNew && 'residual' in attributes && { residual: true }),
    },
    inputs: isNew ? [...inputs, ...read] : inputs,
    outputs: [next.outputs[0], ...others],
  };
}

/** The gradient of a convolution's input, then its addition to the gradient from elsewhere. */
function fuseAddends(instructions: InstructionList): void {
  for (const gradient of instructions.ofKind('ConvGradInput')) {
    const [dx] = gradient.outputs;
    const addition = instructions.soleReader(dx);
    const addend =
      addition && isAddition(addition) ? addition.inputs.find((input) => input !== dx) : undefined;
    if (!addition || !addend || !sameShape(addend.shape, dx.shape)) continue;
    if ((gradient.attributes as FusedAttributes['ConvGradInput']).addend) continue;
    instructions.replace(addition, [gradient], {
      ...gradient,
      attributes: { ...gradient.attributes, addend: true },
      inputs: [...gradient.inputs, addend],
      outputs: addition.outputs,
    });
  }
}

function isAddition({ kind, attributes }: Instruction): boolean {
  if (kind !== 'Elementwise') return false;
  const { formulas } = attributes as Elementwise;
  return formulas.length === 1 && sameExpression(formulas[0], add(operand(0), operand(1)));
}

/** The gradient of an activation, then that of the normalization before it. */
function fusePrologues(instructions: InstructionList): void {
  for (const first of instructions.ofKind('Elementwise')) {
    const [dy, ...otherOutputs] = first.outputs;
    const [reader, ...others] = instructions.readers(dy);
    if (reader?.kind !== 'BatchNormalizationGrad' || reader.inputs[0] !== dy) continue;
    const [formula] = (first.attributes as Elementwise).formulas;
    const attributes = reader.attributes as FusedAttributes['BatchNormalizationGrad'];
    const fits = first.inputs.length <= 2 && first.inputs.every(({ shape }) => sameShape(shape, dy.shape));
    // Unused lanes are part of the sums over channels.
    if (!fits || otherOutputs.length > 0 || attributes.prologue || !keepsZero(formula, () => true)) continue;
    const emitsGradient = others.length > 0 || instructions.isKept(dy);
    const [gradient, ...further] = first.inputs;
    instructions.replace(reader, [first], {
      ...reader,
      attributes: { prologue: formula, emitsGradient },
      inputs: [gradient, ...reader.inputs.slice(1), ...further],
      outputs: emitsGradient ? [...reader.outputs, dy] : reader.outputs,
    });
  }
}

/** Elementwise instructions of one shape, each of which alone reads the one before. */
function fuseChains(instructions: InstructionList): void {
  for (const { outputs } of instructions.ofKind('Elementwise')) {
    const first = instructions.producer(outputs[0]);
    const reader = instructions.soleReader(outputs[0]);
    if (!first || reader?.kind !== 'Elementwise' || outputs.length > 1) continue;
    if (!sameShape(outputs[0].shape, reader.outputs[0].shape)) continue;
    const both = joined(first, reader);
    if (!both.attributes.formulas.some(isLong)) instructions.replace(reader, [first], both);
  }
}

/** Formulas longer than this stay apart: of activations in a row, each of which reads its input several times, they double. */
const LONGEST_FORMULA = 500;

const isLong = (formula: Expression): boolean => lengthOf(formula) > LONGEST_FORMULA;

/** `reader` with the formula of `first` in the place of its output. */
function joined(first: Instruction, reader: Instruction): Instruction & { readonly attributes: Elementwise } {
  const [before, after] = [first.attributes as Elementwise, reader.attributes as Elementwise];
  const [value] = first.outputs;
  const inputs = [...new Set([...reader.inputs.filter((input) => input !== value), ...first.inputs])];
  const place = (input: Value): Expression => operand(inputs.indexOf(input));
  const inner = compose(before.formulas[0], first.inputs.map(place));
  const places = reader.inputs.map((input) => (input === value ? inner : place(input)));
  const attributes: Elementwise = {
    operator: `${before.operator}+${after.operator}`,
    formulas: after.formulas.map((formula) => compose(formula, places)),
  };
  return { ...reader, attributes, inputs };
}
