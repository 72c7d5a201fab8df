// C that all kernel generators use: the head of files, literals, repetition.
import { range } from '../../../base/numbers.ts';
import type { Target } from './kernel.ts';

/**
 * Head of every generated file: vector types of the target's width through the compilers' vector extension.
 * `vec` is a vector of floats at an aligned address, `vec_u` at any; `mask` is the vector of ints that comparisons give.
 */
export function prelude({ lanes }: Target): string {
  return `#include <stdint.h>
#include <string.h>
#include <math.h>
typedef float vec __attribute__((vector_size(${lanes * 4}), aligned(${lanes * 4}), may_alias));
typedef float vec_u __attribute__((vector_size(${lanes * 4}), aligned(4), may_alias));
typedef int32_t mask __attribute__((vector_size(${lanes * 4}), aligned(${lanes * 4}), may_alias));
#define LANES ${lanes}
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#define LOAD_U(p) (*(const vec_u *)(p))
#define STORE_U(p, v) (*(vec_u *)(p) = (v))
#define ZERO ((vec){0})
#define SPLAT(s) (ZERO + (s))
/* v where the mask is set, 0 elsewhere */
#define KEEP(m, v) ((vec)((mask)(v) & (m)))
/* a where the mask is set, b elsewhere */
#define SELECT(m, a, b) ((vec)(((mask)(a) & (m)) | ((mask)(b) & ~(m))))
/* lanes of a and b by number, those of b after those of a */
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (mask){__VA_ARGS__})
#endif
/* this thread's chunk [first, end) of count items of work */
#define CHUNK(count, first, end) \\
  long first = (long)(count) * me / pool->size, end = (long)(count) * (me + 1) / pool->size
`;
}

/**
 * Head of a loop over chunks [first, end) of `count` items of work, which threads take as they get free: first from their
 * own part, then what others have not begun. It is for items of many microseconds, each with a result of its own.
 * @param most items in a chunk
 */
export function takeChunks(count: number, most: number, first: string, end: string): string {
  return `for (long ${first}, ${end}; pool->take(pool, me, ${count}L, ${most}L, &${first}, &${end});)`;
}

/** A number as a C float literal with the value it has in single precision. */
export function literal(value: number): string {
  const single = Math.fround(value);
  if (single === Number.POSITIVE_INFINITY) return 'INFINITY';
  if (single === Number.NEGATIVE_INFINITY) return '(-INFINITY)';
  if (Number.isNaN(single)) return 'NAN';
  const text = String(single);
  const decimal = /[.e]/.test(text) ? text : `${text}.0`;
  if (Object.is(single, -0)) return '(-0.0f)';
  return single < 0 ? `(${decimal}f)` : `${decimal}f`;
}

/** `make(0)`, `make(1)`, ... joined. */
export function repeat(count: number, make: (i: number) => string, separator = '\n'): string {
  return range(count).map(make).join(separator);
}
