// Fusion: operators that one kernel can run in a single pass over memory become one instruction.

import { internal } from '../../../../base/errors.ts';
import type { Value } from '../../../../graph/graph.ts';
import type { ClipAttributes } from '../../../../ops/activations.ts';
import type { OperatorName } from '../../../../ops/index.ts';
import type { Program } from '../../../../program/program.ts';
import { sameShape } from '../../../../tensor/shape.ts';
import { builtInName } from '../../../expand.ts';
import type { Bounds, FusedAttributes, Instruction } from '../instruction.ts';

/** The instructions of a program of built-in operators, fused, in an order in which they can run. */
export function fuse(program: Program): Instruction[] {
  const kept = new Set<Value>([...program.results.values(), ...program.updates.values()]);
  const instructions = new InstructionList(program.nodes.map(toInstruction), kept);
  fuseInferenceNormalizations(instructions);
  fuseResiduals(instructions);
  fuseActivations(instructions);
  fuseMasks(instructions);
  fusePoolMasks(instructions);
  fuseAddends(instructions);
  return instructions.toArray();
}

function toInstruction({
  name,
  operator,
  attributes,
  inputs,
  outputs,
}: Program['nodes'][number]): Instruction {
  const kind = builtInName(operator);
  if (!kind) throw internal(`${operator.name} was not expanded`);
  return { kind, name, attributes: { ...attributes, ...unfused(kind, inputs.length) }, inputs, outputs };
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
      return { passOn: false };
    default:
      return {};
  }
}

/** Instructions in order, with who makes and who reads what. */
class InstructionList {
  /** The instructions in the place of each one that there was at first. */
  private readonly places: Instruction[][] = [];
  private readonly placeOf = new Map<Instruction, number>();
  private readonly producers = new Map<Value, Instruction>();
  private readonly readersOf = new Map<Value, Set<Instruction>>();
  private readonly kept: ReadonlySet<Value>;

  constructor(list: readonly Instruction[], kept: ReadonlySet<Value>) {
    this.kept = kept;
    for (const [place, instruction] of list.entries()) {
      this.places.push([instruction]);
      this.add(instruction, place);
    }
  }

  toArray(): Instruction[] {
    return this.places.flat();
  }

  ofKind(...kinds: Instruction['kind'][]): Instruction[] {
    return this.toArray().filter(({ kind }) => kinds.includes(kind));
  }

  /** In order. */
  readers(value: Value): Instruction[] {
    const place = (instruction: Instruction) => this.placeOf.get(instruction)!;
    return [...(this.readersOf.get(value) ?? [])].sort((a, b) => place(a) - place(b));
  }

  /** The one instruction that reads `value`, if nothing else needs it. */
  soleReader(value: Value): Instruction | undefined {
    const readers = this.readers(value);
    const [reader] = readers;
    const reads = reader?.inputs.filter((input) => input === value).length;
    return readers.length === 1 && reads === 1 && !this.kept.has(value) ? reader : undefined;
  }

  producer(value: Value): Instruction | undefined {
    return this.producers.get(value);
  }

  isKept(value: Value): boolean {
    return this.kept.has(value);
  }

  /** Puts `replacement` in the place of `at`, and takes `others` out. */
  replace(at: Instruction, others: readonly Instruction[], ...replacement: Instruction[]): void {
    const place = this.placeOf.get(at)!;
    this.places[place] = this.places[place].flatMap((each) => (each === at ? replacement : [each]));
    for (const instruction of [at, ...others]) this.remove(instruction);
    for (const instruction of replacement) this.add(instruction, place);
  }

  private add(instruction: Instruction, place: number): void {
    this.placeOf.set(instruction, place);
    for (const output of instruction.outputs) this.producers.set(output, instruction);
    for (const input of instruction.inputs) {
      const readers = this.readersOf.get(input) ?? new Set();
      this.readersOf.set(input, readers.add(instruction));
    }
  }

  private remove(instruction: Instruction): void {
    const place = this.placeOf.get(instruction)!;
    this.places[place] = this.places[place].filter((other) => other !== instruction);
    for (const output of instruction.outputs) this.producers.delete(output);
    for (const input of instruction.inputs) this.readersOf.get(input)!.delete(instruction);
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

/** Normalisation, then the addition of the shortcut. */
function fuseResiduals(instructions: InstructionList): void {
  for (const instruction of instructions.ofKind('Conv', 'BatchNormalizationTraining')) {
    const [y, ...others] = instruction.outputs as [Value, ...Value[]];
    const addition = instructions.soleReader(y);
    if (addition?.kind !== 'Add' || addition.inputs.some(({ shape }) => !sameShape(shape, y.shape))) continue;
    const shortcut = addition.inputs.find((input) => input !== y);
    const fused = instruction.attributes as FusedAttributes['BatchNormalizationTraining'];
    if (!shortcut || fused.residual) continue;
    instructions.replace(addition, [instruction], {
      ...instruction,
      attributes: { ...fused, residual: true },
      inputs: [...instruction.inputs, shortcut],
      outputs: [addition.outputs[0], ...others],
    });
  }
}

/** Convolution, normalisation or fully connected layer, then ReLU or ReLU6. */
function fuseActivations(instructions: InstructionList): void {
  for (const instruction of instructions.ofKind('Conv', 'BatchNormalizationTraining', 'Gemm')) {
    const [y, ...others] = instruction.outputs as [Value, ...Value[]];
    const activation = instructions.soleReader(y);
    const clip = activation && isActivation(activation) && boundsOf(activation);
    if (!clip) continue;
    instructions.replace(activation, [instruction], {
      ...instruction,
      attributes: { ...instruction.attributes, clip },
      outputs: [activation.outputs[0], ...others],
    });
  }
}

/** Whether an activation's gradient is already fused into it: a kernel has one mask. */
const isMasked = ({ attributes }: Instruction) => (attributes as { clip?: Bounds }).clip !== undefined;

const isActivation = ({ kind }: Instruction) => kind === 'Relu' || kind === 'Clip';

/** The bounds of an activation, or of the one whose gradient this is, that leaves zero as it is. */
function boundsOf({ kind, attributes }: Instruction): Bounds | undefined {
  if (kind === 'Relu' || kind === 'ReluGrad') return [0, Number.POSITIVE_INFINITY];
  if (kind !== 'Clip' && kind !== 'ClipGrad') return undefined;
  const { min, max } = attributes as ClipAttributes;
  return min <= 0 && max >= 0 ? [min, max] : undefined;
}

/** The activation's gradient, then that of the normalisation before it. */
function fuseMasks(instructions: InstructionList): void {
  for (const mask of instructions.ofKind('ReluGrad', 'ClipGrad')) {
    const [masked] = mask.outputs as [Value];
    const [reader, ...others] = instructions.readers(masked);
    const clip = boundsOf(mask);
    if (!clip || reader?.kind !== 'BatchNormalizationGrad' || reader.inputs[0] !== masked) continue;
    if (isMasked(reader)) continue;
    const [dy, y] = mask.inputs as [Value, Value];
    const passOn = others.length > 0 || instructions.isKept(masked);
    instructions.replace(reader, [mask], {
      ...reader,
      attributes: { ...reader.attributes, clip, passOn },
      inputs: [dy, ...reader.inputs.slice(1), y],
      outputs: passOn ? [...reader.outputs, masked] : reader.outputs,
    });
  }
}

/** The gradient of a pool, then that of the activation before it. */
function fusePoolMasks(instructions: InstructionList): void {
  for (const mask of instructions.ofKind('ReluGrad', 'ClipGrad')) {
    const [dx, y] = mask.inputs as [Value, Value];
    const pool = instructions.producer(dx);
    const clip = boundsOf(mask);
    if (!clip || !pool || isMasked(pool) || instructions.soleReader(dx) !== mask) continue;
    const ofMaxima = pool.kind === 'MaxPoolGrad' && pool.inputs[1] === y;
    if (!ofMaxima && pool.kind !== 'AveragePoolGrad') continue;
    instructions.replace(mask, [pool], {
      ...pool,
      attributes: { ...pool.attributes, clip },
      inputs: ofMaxima ? pool.inputs : [...pool.inputs, y],
      outputs: mask.outputs,
    });
  }
}

/** The gradient of a convolution's input, then its addition to the gradient from elsewhere. */
function fuseAddends(instructions: InstructionList): void {
  for (const gradient of instructions.ofKind('ConvGradInput')) {
    const [dx] = gradient.outputs as [Value];
    const addition = instructions.soleReader(dx);
    if (addition?.kind !== 'Add' || addition.inputs.some(({ shape }) => !sameShape(shape, dx.shape)))
      continue;
    const addend = addition.inputs.find((input) => input !== dx);
    const { addend: taken } = gradient.attributes as FusedAttributes['ConvGradInput'];
    if (!addend || taken) continue;
    instructions.replace(addition, [gradient], {
      ...gradient,
      attributes: { ...gradient.attributes, addend: true },
      inputs: [...gradient.inputs, addend],
      outputs: addition.outputs,
    });
  }
}
