// The layout planner: chooses the layout of every tensor of a program, and inserts reorders where layouts differ.

import { internal } from '../../../../base/errors.ts';
import { lookup } from '../../../../base/lookup.ts';
import type { Value } from '../../../../graph/graph.ts';
import type { Origin } from '../../../../graph/types.ts';
import type { Program } from '../../../../program/program.ts';
import type { Instruction, InstructionKind } from '../instruction.ts';
import type { KernelRule, Operand, Target, Want } from '../kernel.ts';
import { type Layout, largerHalo, plain, sameLayout } from '../layout.ts';

/** Where a tensor's memory comes from. */
export type Home =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'arena' };

/** A value in one layout. */
export interface PlannedTensor {
  readonly value: Value;
  readonly home: Home;
  /** Images get their halo when all readers are known. */
  layout: Layout;
}

export interface PlannedInstruction {
  readonly kind: InstructionKind;
  readonly name: string;
  readonly origin: Origin;
  readonly attributes: object;
  readonly inputs: readonly PlannedTensor[];
  readonly outputs: readonly PlannedTensor[];
  /** Whether its outputs are constant across runs. */
  readonly constant: boolean;
}

export type Rules = Readonly<Record<InstructionKind, KernelRule>>;

export interface LayoutPlan {
  /** Those that are constant across runs first. */
  readonly instructions: readonly PlannedInstruction[];
  /** The program's results and updates as they lie when the step has ended; results are plain. */
  readonly results: ReadonlyMap<string, PlannedTensor>;
  readonly updates: ReadonlyMap<string, PlannedTensor>;
  /** Layout of each variable; those given are kept. */
  readonly variables: ReadonlyMap<string, Layout>;
}

/** @param fixed layouts that variables have already, because other programs run on the same state */
export function planLayouts(
  program: Program,
  instructions: readonly Instruction[],
  rules: Rules,
  target: Target,
  fixed: ReadonlyMap<string, Layout>,
): LayoutPlan {
  const planner = new LayoutPlanner(program, rules, target, fixed);
  for (const instruction of instructions) planner.add(instruction);
  return planner.finish();
}

export function operandOf({ value, layout }: PlannedTensor): Operand {
  return { shape: value.shape, dtype: value.dtype, layout };
}

class LayoutPlanner {
  private readonly program: Program;
  private readonly rules: Rules;
  private readonly target: Target;
  private readonly planned: PlannedInstruction[] = [];
  /** Every layout in which a value is there, the one it was made in first. */
  private readonly tensors = new Map<Value, PlannedTensor[]>();
  /** Of the instruction that makes each value. */
  private readonly origins = new Map<Value, Origin>();
  /** Variables whose layout is still open, because nothing has read them yet. */
  private readonly open = new Set<PlannedTensor>();
  /** Values that runs of this program do not change: variables, unless it updates any, and what is made of them alone. */
  private readonly constants = new Set<Value>();

  constructor(program: Program, rules: Rules, target: Target, fixed: ReadonlyMap<string, Layout>) {
    this.program = program;
    this.rules = rules;
    this.target = target;
    for (const { name, value } of program.inputs) this.make(value, plain, { kind: 'input', name });
    for (const { variable, value } of program.variables) {
      const tensor = this.make(value, fixed.get(variable.name) ?? plain, {
        kind: 'variable',
        name: variable.name,
      });
      if (!fixed.has(variable.name)) this.open.add(tensor);
      if (program.updates.size === 0) this.constants.add(value);
    }
  }

  add(instruction: Instruction): void {
    const { kind, origin, attributes, inputs, outputs } = instruction;
    const { inputs: wants, outputs: layouts } = this.rules[kind].layouts({
      attributes,
      inputs: inputs.map((input) => ({
        shape: input.shape,
        layout: this.original(input).layout,
        constant: this.isConstant(input),
      })),
      outputs: outputs.map(({ shape }) => ({ shape })),
      target: this.target,
    });
    for (const output of outputs) this.origins.set(output, origin);
    const read = inputs.map((input, i) => this.read(input, wants[i] ?? internalWant(instruction, i), origin));
    const written = outputs.map((output, i) => this.make(output, layouts[i] ?? plain, { kind: 'arena' }));
    const constant = inputs.every((input) => this.isConstant(input));
    if (constant) for (const output of outputs) this.constants.add(output);
    this.planned.push({ ...instruction, inputs: read, outputs: written, constant });
  }

  finish(): LayoutPlan {
    const resolve = (values: ReadonlyMap<string, Value>, layoutOf: (name: string) => Want) =>
      new Map(
        [...values].map(([name, value]) => [name, this.readLast(name, value, layoutOf(name))] as const),
      );
    const results = resolve(this.program.results, () => plain);
    const byName = new Map(
      this.program.variables.map(({ variable, value }) => [variable.name, this.original(value)]),
    );
    const updates = resolve(this.program.updates, (name) => lookup(byName, name).layout);
    const variables = new Map([...byName].map(([name, { layout }]) => [name, layout] as const));
    const instructions = this.planned.toSorted((a, b) => Number(b.constant) - Number(a.constant));
    return { instructions, results, updates, variables };
  }

  private isConstant(value: Value): boolean {
    return value.source.kind === 'constant' || this.constants.has(value);
  }

  private make(value: Value, layout: Layout, home: Home): PlannedTensor {
    const tensor = { value, layout, home };
    this.tensors.set(value, [...(this.tensors.get(value) ?? []), tensor]);
    return tensor;
  }

  private original(value: Value): PlannedTensor {
    const known = this.tensors.get(value)?.[0];
    if (known) return known;
    if (value.source.kind === 'constant') return this.make(value, plain, { kind: 'constant', value });
    throw internal(`${value.name} is used before it is planned`);
  }

  /** A result or an update at the end of the step. */
  private readLast(name: string, value: Value, want: Want): PlannedTensor {
    return this.read(value, want, { layer: name, phase: 'forward' });
  }

  /** The value in the layout that is wanted; reordered if it is not there yet. */
  private read(value: Value, want: Want, reader: Origin): PlannedTensor {
    const source =
      want.kind === 'winograd' ? this.read(value, filterBefore(want), reader) : this.original(value);
    if (this.open.delete(source) && want.kind !== 'any') source.layout = want;
    const suitable = lookup(this.tensors, value).find(({ layout }) => suits(layout, want));
    const tensor = suitable ?? this.reorder(source, want, reader);
    if (want.kind === 'image' && tensor.layout.kind === 'image') {
      tensor.layout = { kind: 'image', halo: largerHalo(tensor.layout.halo, want.halo) };
    }
    return tensor;
  }

  /** The copy counts to the layer that made the value, or else to the one that reads it. */
  private reorder(source: PlannedTensor, want: Want, reader: Origin): PlannedTensor {
    if (want.kind === 'any') throw internal(`${source.value.name} needs no reordering`);
    const from = lanesDiffer(source.layout, want) ? this.read(source.value, plain, reader) : source;
    const copy = this.make(source.value, want, { kind: 'arena' });
    const name = `${source.value.name}.${want.kind}`;
    const constant = this.isConstant(source.value);
    this.planned.push({
      kind: 'Reorder',
      name,
      origin: this.origins.get(source.value) ?? reader,
      attributes: {},
      inputs: [from],
      outputs: [copy],
      constant,
    });
    return copy;
  }
}

/** Whether lanes hold channels here and images there; such tensors are made plain in between. */
function lanesDiffer({ kind: a }: Layout, { kind: b }: Layout): boolean {
  return (a === 'image' && b === 'batch') || (a === 'batch' && b === 'image');
}

/** Whether a tensor can be read as wanted; halos grow to what is wanted. */
function suits(layout: Layout, want: Want): boolean {
  if (want.kind === 'any') return true;
  if (want.kind === 'image' && layout.kind === 'image') return true;
  return sameLayout(layout, want);
}

/** The layout that transformed weights are made from. */
function filterBefore({ vectors }: Extract<Layout, { kind: 'winograd' }>): Layout {
  return { kind: 'filter', vectors };
}

function internalWant({ kind, name }: Instruction, input: number): never {
  throw internal(`the rule of ${kind} does not say how it wants input ${input} of ${name}`);
}
