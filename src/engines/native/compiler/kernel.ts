// The interface of kernel generators: from one instruction of a plan to the C function that runs it.
import type { Shape } from '../../../tensor/shape.ts';
import type { DType } from '../../../tensor/tensor.ts';
import type { Layout } from './layout.ts';

/** The machine that code is generated for. */
export interface Target {
  /** Floats in a vector register: 16 (AVX-512), 8 (AVX2) or 4 (NEON, SSE). */
  readonly lanes: 16 | 8 | 4;
  /** Vector registers: 32 (AVX-512, NEON) or 16 (AVX2, SSE). */
  readonly registers: 32 | 16;
  /** Threads that run every kernel together. */
  readonly threads: number;
}

/** A tensor that a kernel reads or writes. */
export interface Operand {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly layout: Layout;
}

/**
 * One C function. It is called by every thread of the pool at once, with `me` from 0 to `pool->size - 1`, and divides the
 * work by that number in a way that depends on nothing else, so that results repeat to the bit. There is a barrier
 * after it; inside, `pool->barrier(pool)` may be called by all of them.
 */
export interface Kernel {
  /**
   * C source of `void NAME(struct pool *pool, int me, float *const *a)` and the static functions that it calls, whose
   * names start with `NAME_`. `a` points to the inputs, the outputs, and the workspace if there is one, in this order;
   * int32 tensors are cast. The text `NAME` is replaced by a name made from a hash of the source, so that equal kernels are
   * compiled once.
   */
  readonly code: string;
  /** Floats of scratch memory, aligned, with undefined content. */
  readonly workspace?: number;
  /** Floating-point operations, for profiles; multiply-adds count as two. */
  readonly flops?: number;
  /** Which way it computes, where there are several. */
  readonly method?: string;
}

/** One of several ways to compute an instruction. */
export interface Variant {
  /** Names all that the choice consists of: it is the `method` of the kernel. */
  readonly method: string;
  readonly make: () => Kernel;
}

/** The layout that a rule requires of an operand. */
export type Want = Layout | { readonly kind: 'any' };

export interface Request<A> {
  readonly attributes: A;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly target: Target;
}

/** Shapes and layouts before halos are settled: the halo of an input in `image` layout is still all zero. */
export interface LayoutRequest<A> {
  readonly attributes: A;
  readonly inputs: readonly {
    readonly shape: Shape;
    readonly layout: Layout;
    /** Whether it is constant across runs, so that an expensive layout pays. */
    readonly constant?: boolean;
  }[];
  readonly outputs: readonly { readonly shape: Shape }[];
  readonly target: Target;
}

/** How one kind of instruction is run natively. */
export interface KernelRule<A extends object = object> {
  /**
   * The layouts that inputs are wanted in and outputs are given in. An image wanted with a halo gets at least that halo;
   * an output given as an image gets the halo that its readers want. `any` takes an input as it is.
   */
  layouts(request: LayoutRequest<A>): {
    readonly inputs: readonly Want[];
    readonly outputs: readonly Layout[];
  };

  /** The kernel for operands as `layouts` wanted them, halos settled (they may be larger than wanted). */
  kernel(request: Request<A>): Kernel;

  /** Other kernels for the same operands, which may be faster on some machine; tuning measures which. */
  variants?(request: Request<A>): readonly Variant[];

  /**
   * Inputs (by number) whose memory an output (by number) may take over, if nothing else needs them any more and the
   * layouts are the same: the kernel reads each element before it writes it. Pairs [input, output].
   */
  inPlace?(attributes: A): readonly (readonly [number, number])[];
}
