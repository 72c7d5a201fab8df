// Runs single kernels over tensors, for tests, with layouts written out in TypeScript.

import { prelude } from '../src/engines/native/compiler/c.ts';
import { CONTRACT } from '../src/engines/native/compiler/contract.ts';
import type { Kernel, KernelRule, Operand, Target, Want } from '../src/engines/native/compiler/kernel.ts';
import {
  blocksOf,
  imageGeometry,
  type Layout,
  noHalo,
  plain,
  storageSize,
} from '../src/engines/native/compiler/layout.ts';
import type { NativeMemory } from '../src/engines/native/runtime/memory.ts';
import { type LoadedProgram, openRuntime, type Runtime } from '../src/engines/native/runtime/runtime.ts';
import type { SourceFile } from '../src/engines/native/toolchain/build.ts';
import type { ValueType } from '../src/graph/types.ts';
import type { Pads } from '../src/ops/window.ts';
import { type Shape, sizeOf } from '../src/tensor/shape.ts';
import { type DType, floatTensor, intTensor, type Tensor } from '../src/tensor/tensor.ts';
import { flagsOf, type Level, levelUpTo } from './cpu.ts';
import { toolchain } from './native.ts';

/** One kernel with what it is to run on. */
export interface KernelCase<A extends object = object> {
  readonly rule: KernelRule<A>;
  readonly attributes: A;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly ValueType[];
  /** Layouts that the inputs come in before the rule chooses others; `plain` where undefined. */
  readonly layouts?: readonly (Layout | undefined)[];
  /** Added to every side of the halos of all images, as other kernels' wishes would. */
  readonly extraHalo?: number;
  /** Outputs by number that take over the memory of inputs: [input, output]. */
  readonly inPlace?: readonly (readonly [number, number])[];
}

const NEON = process.arch === 'arm64';

/** Every vector width; numbers of threads differ, and with them how work is divided. */
export const testTargets: readonly Target[] = [
  { lanes: 16, registers: 32, threads: 2 },
  { lanes: 8, registers: 16, threads: 3 },
  { lanes: 4, registers: NEON ? 32 : 16, threads: NEON ? 3 : 1 },
];

const levelOf: Readonly<Record<Target['lanes'], Level>> = { 16: 'avx512', 8: 'avx2', 4: 'sse2' };

/** The widest target whose vectors this processor has: for tests of one width. */
export const widestTarget =
  testTargets.find(({ lanes }) => levelUpTo(levelOf[lanes]) === levelOf[lanes]) ?? testTargets.at(-1)!;

/**
 * Flags for the widest registers that this processor has, up to the target's. Where they are narrower the compiler divides
 * each vector among several, so that kernels of every width run on every processor.
 */
function targetFlags({ lanes }: Target): readonly string[] {
  const level = levelUpTo(levelOf[lanes]);
  return level ? flagsOf(level) : [];
}

/** Where each element of a tensor lies in its storage. */
export function placesOf(shape: Shape, layout: Layout, lanes: number): (flat: number) => number {
  const [, b = 1, c = 1, d = 1] = shape as readonly [number, number?, number?, number?];
  const split = (flat: number): [number, number, number, number] => [
    Math.floor(flat / (b * c * d)),
    Math.floor(flat / (c * d)) % b,
    Math.floor(flat / d) % c,
    flat % d,
  ];
  switch (layout.kind) {
    case 'plain':
      return (flat) => flat;
    case 'image': {
      const g = imageGeometry(shape, layout, lanes);
      return (flat) => {
        const [n, channel, row, column] = split(flat);
        const block = Math.floor(channel / lanes) * g.block + (channel % lanes);
        return g.origin + n * g.image + block + row * g.row + column * g.pixel;
      };
    }
    case 'batch':
      return (flat) => {
        const [image, channel, row, column] = split(flat);
        const place = ((Math.floor(image / lanes) * b + channel) * c + row) * d + column;
        return place * lanes + (image % lanes);
      };
    case 'filter': {
      const width = lanes * layout.vectors;
      return (flat) => {
        const [output, input, row, column] = split(flat);
        const block = Math.floor(output / width) * blocksOf(b, lanes) + Math.floor(input / lanes);
        return ((block * c * d + row * d + column) * lanes + (input % lanes)) * width + (output % width);
      };
    }
    case 'depthwise':
      return (flat) => {
        const [channel, , row, column] = split(flat);
        return (Math.floor(channel / lanes) * c * d + row * d + column) * lanes + (channel % lanes);
      };
    case 'winograd':
      throw new Error('transformed weights have no places of their own');
  }
}

/** Writes a tensor into storage, which is zero elsewhere. */
export function store(tensor: Tensor, layout: Layout, lanes: number, storage: Float32Array): void {
  const place = placesOf(tensor.shape, layout, lanes);
  const target = tensor.dtype === 'int32' ? new Int32Array(storage.buffer, storage.byteOffset) : storage;
  storage.fill(0);
  for (let flat = 0; flat < tensor.data.length; flat++) target[place(flat)] = tensor.data[flat];
}

/**
 * Reads a tensor from storage.
 * @throws Error if anything but the tensor's elements is not zero
 */
export function fetch(
  { shape, dtype }: ValueType,
  layout: Layout,
  lanes: number,
  storage: Float32Array,
): Tensor {
  const place = placesOf(shape, layout, lanes);
  const source = dtype === 'int32' ? new Int32Array(storage.buffer, storage.byteOffset) : storage;
  const data = dtype === 'int32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  const padding = new Uint8Array(storage.length).fill(1);
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = source[place(flat)];
    padding[place(flat)] = 0;
  }
  const dirty = padding.findIndex((outside, at) => outside === 1 && storage[at] !== 0);
  if (dirty >= 0)
    throw new Error(`storage of ${layout.kind} holds ${storage[dirty]} in its padding at ${dirty}`);
  return dtype === 'int32' ? intTensor(shape, data as Int32Array) : floatTensor(shape, data as Float32Array);
}

interface Prepared {
  readonly kernel: Kernel;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/** A kernel for a case: layouts as the rule wants them, halos settled. */
export function prepare<A extends object>(testCase: KernelCase<A>, target: Target): Prepared {
  const { rule, attributes, inputs, outputs, extraHalo = 0 } = testCase;
  const wanted = rule.layouts({
    attributes,
    inputs: inputs.map(({ shape }, i) => ({ shape, layout: testCase.layouts?.[i] ?? plain })),
    outputs,
    target,
  });
  const operand = ({ shape, dtype }: { shape: Shape; dtype: DType }, want: Want): Operand => {
    const layout = want.kind === 'any' ? plain : want;
    const halo =
      layout.kind === 'image' ? (layout.halo.map((n) => n + extraHalo) as unknown as Pads) : noHalo;
    return { shape, dtype, layout: layout.kind === 'image' ? { kind: 'image', halo } : layout };
  };
  const operands = {
    inputs: inputs.map((input, i) => operand(input, wanted.inputs[i])),
    outputs: outputs.map((output, i) => operand(output, wanted.outputs[i])),
  };
  return { ...operands, kernel: rule.kernel({ attributes, ...operands, target }) };
}

/** All kernels in one program; the first number of buffer 0 says which of them a run is of, with the buffers that follow. */
function programOf(kernels: readonly Kernel[], target: Target): SourceFile {
  const functions = kernels.map(({ code }, i) => code.replaceAll('NAME', `kernel${i}`));
  const source = `${CONTRACT}${prelude(target)}${functions.join('\n')}
void fovea_step(struct pool *pool, int me, float *const *buffers)
{
  static void (*const kernels[])(struct pool *, int, float *const *) = {${kernels.map((_, i) => `kernel${i}`)}};
  kernels[(int)buffers[0][0]](pool, me, buffers + 1);
}
`;
  // Optimized less than by the engine, which takes twice as long; tests of whole programs compile kernels as the engine does.
  return { name: 'kernels', source, flags: ['-O1'] };
}

const runtimes = new Map<string, Promise<Runtime>>();

function runtimeFor(target: Target): Promise<Runtime> {
  const key = JSON.stringify(target);
  const runtime =
    runtimes.get(key) ?? openRuntime({ ...toolchain, flags: targetFlags(target) }, target.threads);
  runtimes.set(key, runtime);
  return runtime;
}

/** Runs every case once by `target.threads` threads; all of them are compiled together. */
export async function runKernels<A extends object>(
  cases: readonly KernelCase<A>[],
  target: Target,
): Promise<Tensor[][]> {
  const prepared = cases.map((testCase) => prepare(testCase, target));
  const kernels = prepared.map(({ kernel }) => kernel);
  const runtime = await runtimeFor(target);
  const { loaded: program } = await runtime.compile({ files: [programOf(kernels, target)] });
  const results = cases.map((testCase, i) => {
    try {
      return runCase({ runtime, program, number: i }, testCase, prepared[i], target);
    } catch (error) {
      throw new Error(`case ${i}: ${(error as Error).message}`);
    }
  });
  program.unload();
  return results;
}

interface Choice {
  readonly runtime: Runtime;
  readonly program: LoadedProgram;
  /** Which kernel of the program. */
  readonly number: number;
}

/** Outputs and workspace start as NaN, outputs' halos as zero: what a kernel fails to write shows. */
function runCase<A extends object>(
  { runtime, program, number }: Choice,
  { inputs, inPlace = [] }: KernelCase<A>,
  prepared: Prepared,
  { lanes }: Target,
): Tensor[] {
  const allocate = (floats: number): NativeMemory => runtime.allocate(4 * Math.max(floats, 16));
  const size = ({ shape, layout }: Operand): number => storageSize(shape, layout, lanes);
  const choice = allocate(1);
  choice.floats()[0] = number;
  const inputBuffers = prepared.inputs.map((operand, i) => {
    const buffer = allocate(size(operand));
    store(inputs[i], operand.layout, lanes, buffer.floats().subarray(0, size(operand)));
    return buffer;
  });
  const outputBuffers = prepared.outputs.map((operand, i) => {
    const taken = inPlace.find(([, output]) => output === i);
    if (taken) return inputBuffers[taken[0]];
    const buffer = allocate(size(operand));
    poison(operand, lanes, buffer.floats().subarray(0, size(operand)));
    return buffer;
  });
  const workspace = allocate(prepared.kernel.workspace ?? 0);
  workspace.floats().fill(Number.NaN);
  const buffers = [choice, ...inputBuffers, ...outputBuffers, workspace];
  const table = runtime.pointers(buffers.map((memory) => ({ memory })));
  program.runSync(table);
  const results = prepared.outputs.map((operand, i) =>
    fetch(operand, operand.layout, lanes, outputBuffers[i].floats().subarray(0, size(operand))),
  );
  table.free();
  for (const buffer of new Set(buffers)) buffer.free();
  return results;
}

function poison({ shape, layout }: Operand, lanes: number, storage: Float32Array): void {
  storage.fill(Number.NaN);
  if (layout.kind !== 'image') return;
  const g = imageGeometry(shape, layout, lanes);
  storage.fill(0);
  for (let block = 0; block < g.images * g.blocks; block++) {
    for (let row = 0; row < g.height; row++) {
      const start = g.origin + block * g.block + row * g.row;
      storage.fill(Number.NaN, start, start + g.width * lanes);
    }
  }
}

/** Largest difference relative to the largest entry of `expected`. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const distance = Math.abs(actual.data[i] - expected.data[i]);
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(expected.data[i]));
  }
  return difference / (largest || 1);
}
