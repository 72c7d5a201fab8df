// The step: calls of kernels in order, each tensor at its place, with barriers only where one call needs another's work.

import { internal } from '../../../../base/errors.ts';
import { lookup } from '../../../../base/lookup.ts';
import type { Value } from '../../../../graph/graph.ts';
import type { Origin } from '../../../../graph/types.ts';
import type { Program } from '../../../../program/program.ts';
import { sameShape, sizeOf } from '../../../../tensor/shape.ts';
import { instructionLabel } from '../instruction.ts';
import type { Kernel, KernelRule, Target } from '../kernel.ts';
import { formatLayout, type Layout, noHalo, storageSize } from '../layout.ts';
import { fuse } from './fusion.ts';
import {
  type LayoutPlan,
  operandOf,
  type PlannedInstruction,
  type PlannedTensor,
  planLayouts,
  type Rules,
} from './layouts.ts';
import { type MemoryPlan, planMemory } from './memory.ts';

/** A range of a buffer, in floats. Buffer 0 is the program's own memory, the others are variables. */
export interface Region {
  readonly buffer: number;
  readonly place: number;
  readonly size: number;
}

export interface Call {
  /** The operators that it runs, or what else it does: `Mul+AdamUpdate`, `Reorder`, `Copy`. */
  readonly kind: string;
  readonly name: string;
  readonly origin: Origin;
  readonly kernel: Kernel;
  /** What the kernel is given: inputs, outputs, and its workspace if it has one. */
  readonly regions: readonly Region[];
  /** How many of the regions are read only. */
  readonly reads: number;
  /** Outputs whose halo, or whose end beyond the last element, must be zero and is not written by the kernel. */
  readonly cleared: readonly { readonly region: Region; readonly tensor: PlannedTensor }[];
  /** Whether all threads must have ended the calls before this one. */
  readonly barrier: boolean;
  /** What the tensors look like, for printed plans. */
  readonly description: string;
}

/** Everything that is known about a program before C is written. */
export interface StepPlan {
  readonly name: string;
  readonly calls: readonly Call[];
  /** How many of the calls, from the first, compute what depends on variables alone, and are skipped until those change. */
  readonly preparation: number;
  /** A number that is not 0 if variables have changed since the run before; there is none without a preparation. */
  readonly changed: Region | undefined;
  /** Names of the variables behind buffers 1, 2, ... */
  readonly variables: readonly string[];
  /** Layout of each of these variables. */
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly inputs: ReadonlyMap<string, Region>;
  readonly constants: ReadonlyMap<Value, Region>;
  readonly results: ReadonlyMap<string, Region>;
  /** Floats of the program's own memory. */
  readonly memory: number;
}

/**
 * Plans a program of built-in operators.
 * @param fixed layouts that variables have already
 */
export function planStep(
  program: Program,
  rules: Rules,
  target: Target,
  fixed: ReadonlyMap<string, Layout> = new Map(),
): StepPlan {
  const layouts = planLayouts(program, fuse(program), rules, target, fixed);
  const kernels = layouts.instructions.map(kernelMaker(rules, target));
  const memory = planMemory(
    layouts,
    rules,
    target,
    kernels.map(({ workspace = 0 }) => workspace),
  );
  return new StepPlanner(program, layouts, kernels, memory, target).plan();
}

/** Makes the kernel of an instruction; of equal ones, once. */
function kernelMaker(rules: Rules, target: Target): (instruction: PlannedInstruction) => Kernel {
  const made = new Map<string, Kernel>();
  return ({ kind, attributes, inputs, outputs }) => {
    const rule: KernelRule = rules[kind];
    const request = { attributes, inputs: inputs.map(operandOf), outputs: outputs.map(operandOf), target };
    const key = JSON.stringify([kind, textOf(attributes), request.inputs, request.outputs]);
    const kernel = made.get(key) ?? rule.kernel(request);
    made.set(key, kernel);
    return kernel;
  };
}

/** With numbers as text, because JSON has no infinity. */
function textOf(attributes: unknown): string {
  return JSON.stringify(attributes, (_, part) => (typeof part === 'number' ? String(part) : part));
}

class StepPlanner {
  private readonly program: Program;
  private readonly layouts: LayoutPlan;
  private readonly kernels: readonly Kernel[];
  private readonly memory: MemoryPlan;
  private readonly target: Target;
  private readonly variables: string[];
  private readonly bufferOf: ReadonlyMap<string, number>;
  private readonly inputs = new Map<string, Region>();
  private readonly constants = new Map<Value, Region>();
  /** End of what lies beyond the arena: inputs and constants, which keep their place. */
  private end: number;

  constructor(
    program: Program,
    layouts: LayoutPlan,
    kernels: readonly Kernel[],
    memory: MemoryPlan,
    target: Target,
  ) {
    this.program = program;
    this.layouts = layouts;
    this.kernels = kernels;
    this.memory = memory;
    this.target = target;
    this.variables = program.variables.map(({ variable }) => variable.name);
    this.bufferOf = new Map(this.variables.map((name, i) => [name, i + 1]));
    this.end = memory.size;
  }

  plan(): StepPlan {
    for (const { name, value } of this.program.inputs) this.inputs.set(name, this.reserve(value));
    const preparation = this.layouts.instructions.filter(({ constant }) => constant).length;
    const calls = withBarriers(
      [...this.layouts.instructions.map((_, at) => this.call(at)), ...this.copies()],
      preparation,
    );
    const results = [...this.layouts.results].map(([name, tensor]) => [name, this.region(tensor)] as const);
    return {
      name: this.program.name,
      calls,
      preparation,
      changed: preparation > 0 ? this.reserve({ shape: [] }) : undefined,
      variables: this.variables,
      layouts: this.layouts.variables,
      inputs: this.inputs,
      constants: this.constants,
      results: new Map(results),
      memory: this.end,
    };
  }

  private call(at: number): Call {
    const { name, origin, inputs, outputs } = this.layouts.instructions[at];
    const kernel = this.kernels[at];
    const workspace = kernel.workspace
      ? [{ buffer: 0, place: this.memory.workspaces[at], size: kernel.workspace }]
      : [];
    const regions = [...inputs, ...outputs].map((tensor) => this.region(tensor));
    const cleared = outputs.flatMap((tensor) => {
      const region = this.region(tensor);
      const shared = regions.slice(0, inputs.length).some((input) => overlaps(input, region));
      return !shared && hasMargin(tensor, this.target.lanes) ? [{ region, tensor }] : [];
    });
    return {
      kind: instructionLabel(this.layouts.instructions[at]),
      name,
      origin,
      kernel,
      regions: [...regions, ...workspace],
      reads: inputs.length,
      cleared,
      barrier: false,
      description: `${inputs.map(describe).join(', ')} -> ${outputs.map(describe).join(', ')}`,
    };
  }

  /** Copies of updates that could not be written straight into their variables. */
  private copies(): Call[] {
    return [...this.layouts.updates].flatMap(([name, tensor]) => {
      if (this.memory.inVariable.get(tensor) === name) return [];
      const [from, to] = [this.region(tensor), this.variableRegion(name, tensor)];
      const maker = this.layouts.instructions.find(({ outputs }) => outputs.includes(tensor));
      return [
        {
          kind: 'Copy',
          name: `${name}.copy`,
          origin: maker?.origin ?? { layer: name, phase: 'update' },
          kernel: copyKernel(from.size),
          regions: [from, to],
          reads: 1,
          cleared: [],
          barrier: false,
          description: `${describe(tensor)} -> ${name}`,
        },
      ];
    });
  }

  private region(tensor: PlannedTensor): Region {
    const { home, value } = tensor;
    if (home.kind === 'input') return lookup(this.inputs, home.name);
    if (home.kind === 'variable') return this.variableRegion(home.name, tensor);
    if (home.kind === 'constant') return this.constantRegion(value);
    const variable = this.memory.inVariable.get(tensor);
    if (variable) return this.variableRegion(variable, tensor);
    const place = this.memory.places.get(tensor);
    if (place === undefined) throw internal(`${value.name} has no place in memory`);
    return { buffer: 0, place, size: this.sizeOf(tensor) };
  }

  private variableRegion(name: string, tensor: PlannedTensor): Region {
    return { buffer: lookup(this.bufferOf, name), place: 0, size: this.sizeOf(tensor) };
  }

  private constantRegion(value: Value): Region {
    const region = this.constants.get(value) ?? this.reserve(value);
    this.constants.set(value, region);
    return region;
  }

  private reserve({ shape }: Pick<Value, 'shape'>): Region {
    const size = storageSize(shape, { kind: 'plain' }, this.target.lanes);
    const region = { buffer: 0, place: this.end, size };
    this.end = Math.ceil((this.end + size) / 16) * 16;
    return region;
  }

  private sizeOf({ value, layout }: PlannedTensor): number {
    return storageSize(value.shape, layout, this.target.lanes);
  }
}

/** Whether there is storage that belongs to no element and that a kernel does not write. */
function hasMargin({ value, layout }: PlannedTensor, lanes: number): boolean {
  if (layout.kind === 'image') return !sameShape(layout.halo, noHalo);
  return layout.kind === 'plain' && sizeOf(value.shape) % lanes !== 0;
}

/**
 * Asks for a barrier before each call that touches what a call since the last barrier wrote, or writes what one read, and
 * between the preparation and the rest.
 */
function withBarriers(calls: readonly Call[], preparation: number): Call[] {
  let read: Region[] = [];
  let written: Region[] = [];
  return calls.map((call, at) => {
    const [reads, writes] = [call.regions.slice(0, call.reads), call.regions.slice(call.reads)];
    const conflict =
      (at > 0 && at === preparation) ||
      [...reads, ...writes].some((region) => written.some((other) => overlaps(region, other))) ||
      writes.some((region) => read.some((other) => overlaps(region, other)));
    if (conflict) [read, written] = [[], []];
    read.push(...reads);
    written.push(...writes);
    return { ...call, barrier: conflict };
  });
}

function overlaps(a: Region, b: Region): boolean {
  return a.buffer === b.buffer && a.place < b.place + b.size && b.place < a.place + a.size;
}

function copyKernel(size: number): Kernel {
  return {
    code: `void NAME(struct pool *pool, int me, float *const *a) {
  CHUNK(${size}, first, end);
  memcpy(a[1] + first, a[0] + first, (end - first) * sizeof(float));
}
`,
  };
}

function describe({ value, layout }: PlannedTensor): string {
  return `${value.name} [${value.shape.join(', ')}] ${formatLayout(layout)}`;
}

/** A plan as text: one line a call, with its method, tensors, layouts, places and barriers. */
export function formatPlan({ name, calls, preparation, memory }: StepPlan): string {
  const lines = calls.map(({ kind, name: label, kernel, description, regions, barrier }, at) => {
    const places = regions.map(({ buffer, place }) => (buffer === 0 ? `@${place}` : `v${buffer}`)).join(' ');
    const before = at > 0 && at === preparation ? '--- end of preparation\n' : barrier ? '--- barrier\n' : '';
    const method = kernel.method ? ` (${kernel.method})` : '';
    return `${before}${label} = ${kind}${method}: ${description} | ${places}`;
  });
  return [`${name}: ${calls.length} calls, ${memory} floats`, ...lines].join('\n');
}
