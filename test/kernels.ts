// Runs single kernels over tensors, for tests: layouts written out in TypeScript, and a small team of threads.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { prelude } from '../src/engines/native/c.ts';
import type { Kernel, KernelRule, Operand, Target, Want } from '../src/engines/native/kernel.ts';
import {
  blocksOf,
  imageGeometry,
  type Layout,
  noHalo,
  plain,
  storageSize,
} from '../src/engines/native/layout.ts';
import type { ValueType } from '../src/graph/operator.ts';
import type { Pads } from '../src/ops/window.ts';
import { type Shape, sizeOf } from '../src/tensor/shape.ts';
import { type DType, floatTensor, intTensor, type Tensor } from '../src/tensor/tensor.ts';

/** One kernel with what it is to run on. */
export interface KernelCase<A extends object = object> {
  readonly rule: KernelRule<A>;
  readonly attributes: A;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly ValueType[];
  /** Layouts that the inputs come in before the rule says what it wants: `plain` where left out. */
  readonly layouts?: readonly (Layout | undefined)[];
  /** Added to every side of the halos of all images, as other kernels' wishes would. */
  readonly extraHalo?: number;
  /** Outputs by number that take over the memory of inputs: [input, output]. */
  readonly inPlace?: readonly (readonly [number, number])[];
}

interface TestTarget {
  readonly target: Target;
  readonly flags: readonly string[];
}

const x86: readonly TestTarget[] = [
  { target: { lanes: 16, registers: 32, threads: 2 }, flags: ['-march=native', '-mprefer-vector-width=512'] },
  { target: { lanes: 8, registers: 16, threads: 3 }, flags: ['-mavx2', '-mfma', '-mno-avx512f'] },
  { target: { lanes: 4, registers: 16, threads: 1 }, flags: ['-msse4.2'] },
];

const arm: readonly TestTarget[] = [{ target: { lanes: 4, registers: 32, threads: 3 }, flags: [] }];

/** The targets that this machine can run, with the compiler's flags for them. */
export const testTargets: readonly TestTarget[] = process.arch === 'arm64' ? arm : x86;

const flagsOf = (lanes: number): readonly string[] =>
  testTargets.find(({ target }) => target.lanes === lanes)!.flags;

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
  for (let flat = 0; flat < tensor.data.length; flat++) target[place(flat)] = tensor.data[flat]!;
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
    data[flat] = source[place(flat)]!;
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
    inputs: inputs.map((input, i) => operand(input, wanted.inputs[i]!)),
    outputs: outputs.map((output, i) => operand(output, wanted.outputs[i]!)),
  };
  return { ...operands, kernel: rule.kernel({ attributes, ...operands, target }) };
}

const team = `#include <pthread.h>
#include <stdlib.h>
struct team {
  int size;
  void (*barrier)(struct team *);
  void (*mark)(struct team *, int me, int call);
  int (*take)(struct team *, int me, long count, long most, long *first, long *end);
};
struct test_team { struct team team; pthread_barrier_t meeting; };
struct test_member { struct test_team *team; int me; void (*kernel)(struct team *, int, float *const *); float *const *a; };
static void test_barrier(struct team *team) { pthread_barrier_wait(&((struct test_team *)team)->meeting); }
/* each thread takes its own share, in stretches */
static int test_take(struct team *team, int me, long count, long most, long *first, long *end)
{
  static _Thread_local long taken;
  long share = count * (me + 1) / team->size;
  *first = count * me / team->size + taken;
  *end = *first + most < share ? *first + most : share;
  taken = *first < share ? taken + *end - *first : 0;
  return *first < share;
}
static void *test_work(void *argument)
{
  struct test_member *member = argument;
  member->kernel(&member->team->team, member->me, member->a);
  return 0;
}
static void test_run(void (*kernel)(struct team *, int, float *const *), int size, float *const *a)
{
  struct test_team team = {{size, test_barrier, 0, test_take}};
  struct test_member members[64];
  pthread_t threads[64];
  pthread_barrier_init(&team.meeting, 0, size);
  for (int me = 0; me < size; me++) {
    members[me] = (struct test_member){&team, me, kernel, a};
    if (me > 0) pthread_create(threads + me, 0, test_work, members + me);
  }
  test_work(members);
  for (int me = 1; me < size; me++) pthread_join(threads[me], 0);
}
float *test_allocate(long floats) { return aligned_alloc(64, (floats * 4 + 63) / 64 * 64); }
void test_free(float *memory) { free(memory); }
`;

/** All kernels in one file, with `test_kernel(number, threads, buffers)` to run one of them. */
export function testSource(kernels: readonly Kernel[], target: Target): string {
  const functions = kernels.map(({ code }, i) => code.replaceAll('NAME', `kernel${i}`));
  const names = kernels.map((_, i) => `kernel${i}`).join(', ');
  return `${prelude(target)}${team}${functions.join('\n')}
void test_kernel(int number, int size, float *const *a)
{
  static void (*const kernels[])(struct team *, int, float *const *) = {${names}};
  test_run(kernels[number], size, a);
}
`;
}

/** Functions of a compiled file. */
export interface TestLibrary {
  run(kernel: number, threads: number, buffers: readonly Buffer[]): void;
  allocate(floats: number): Buffer;
  free(buffer: Buffer): void;
}

/** Aligned memory outside the JavaScript heap. */
export interface Buffer {
  readonly pointer: unknown;
  readonly data: Float32Array;
}

export function compile(source: string, flags: readonly string[]): TestLibrary {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-kernels-'));
  try {
    const [code, library] = [join(folder, 'kernels.c'), join(folder, 'kernels.so')];
    writeFileSync(code, source);
    writeFileSync(
      '/tmp/kdump/' +
        flags.join('_').replace(/[^a-z0-9_]/g, '') +
        '-' +
        process.pid +
        '-' +
        Date.now() +
        '.c',
      source,
    );
    const common = ['-O3', '-ffp-contract=fast', '-fno-math-errno', '-fno-trapping-math', '-shared', '-fPIC'];
    execFileSync(
      'cc',
      [...common, ...flags, '-Wall', '-Werror', '-Wno-unused', '-o', library, code, '-lm', '-pthread'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    return bind(koffi.load(library));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bind(library: LibraryHandle): TestLibrary {
  const run = library.func('void test_kernel(int, int, void *)');
  const allocate = library.func('void *test_allocate(long)');
  const free = library.func('void test_free(void *)');
  return {
    run: (kernel, threads, buffers) =>
      run(kernel, threads, new BigUint64Array(buffers.map(({ pointer }) => BigInt(koffi.address(pointer))))),
    allocate(floats) {
      const pointer = allocate(Math.max(floats, 16));
      return { pointer, data: new Float32Array(koffi.view(pointer, floats * 4)) };
    },
    free: ({ pointer }) => free(pointer),
  };
}

/** Runs every case once by a team of `target.threads`; all of them are compiled together. */
export function runKernels<A extends object>(cases: readonly KernelCase<A>[], target: Target): Tensor[][] {
  const prepared = cases.map((testCase) => prepare(testCase, target));
  const library = compile(
    testSource(
      prepared.map(({ kernel }) => kernel),
      target,
    ),
    flagsOf(target.lanes),
  );
  return cases.map((testCase, i) => {
    try {
      return runCase(library, i, testCase, prepared[i]!, target);
    } catch (error) {
      throw new Error(`case ${i}: ${(error as Error).message}`);
    }
  });
}

/** Outputs and workspace start as NaN, outputs' halos as zero: what a kernel fails to write shows. */
function runCase<A extends object>(
  library: TestLibrary,
  number: number,
  { inputs, inPlace = [] }: KernelCase<A>,
  prepared: Prepared,
  { lanes, threads }: Target,
): Tensor[] {
  const size = ({ shape, layout }: Operand): number => storageSize(shape, layout, lanes);
  const inputBuffers = prepared.inputs.map((operand, i) => {
    const buffer = library.allocate(size(operand));
    store(inputs[i]!, operand.layout, lanes, buffer.data);
    return buffer;
  });
  const outputBuffers = prepared.outputs.map((operand, i) => {
    const taken = inPlace.find(([, output]) => output === i);
    if (taken) return inputBuffers[taken[0]]!;
    const buffer = library.allocate(size(operand));
    poison(operand, lanes, buffer.data);
    return buffer;
  });
  const workspace = library.allocate(prepared.kernel.workspace ?? 0);
  workspace.data.fill(Number.NaN);
  library.run(number, threads, [...inputBuffers, ...outputBuffers, workspace]);
  const results = prepared.outputs.map((operand, i) =>
    fetch(operand, operand.layout, lanes, outputBuffers[i]!.data),
  );
  for (const buffer of new Set([...inputBuffers, ...outputBuffers, workspace])) library.free(buffer);
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
    const distance = Math.abs(actual.data[i]! - expected.data[i]!);
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(difference, distance);
    largest = Math.max(largest, Math.abs(expected.data[i]!));
  }
  return difference / (largest || 1);
}
