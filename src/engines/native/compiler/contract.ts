// The interface between generated programs and the runtime that calls them, as the C text that both begin with.

/** Stack that a kernel may use, in bytes, per thread: the calling thread may have no more than twice this. */
export const KERNEL_STACK_BYTES = 64 * 1024;

/**
 * The header of every generated file. A program exports `fovea_step` and holds no variables of its own that change:
 * several pools may run it, and it may be unloaded at any time between runs. All threads of a pool call the step,
 * each with its own number. Work is split by that number, or taken in chunks by whoever is free; a chunk's result is the
 * same whoever computes it, so that results do not depend on timing.
 *
 * `MARK(call)`, in a function that has `pool` and `me`, ends this thread's part of the call with that number for the
 * profile. `MARK_LAST(call)` does so for the last call of a step, and counts the wait for the other threads to it. Both are
 * nothing at all unless the file is compiled with `-DFOVEA_PROFILE`.
 */
export const CONTRACT = `
#ifndef FOVEA_CONTRACT
#define FOVEA_CONTRACT
struct pool {
  int size;                                         /* number of threads */
  void (*barrier)(struct pool *);                   /* returns when all threads have called it */
  void (*mark)(struct pool *, int me, int call);    /* this thread has ended the call with this number */
  /* gives a chunk [*first, *end) of \`count\` items, at most \`most\`, that no other thread gets; 0 when all are given.
     Called until then, by all threads for the same tasks in the same order. */
  int (*take)(struct pool *, int me, long count, long most, long *first, long *end);
};
#define FOVEA_EXPORT __attribute__((visibility("default")))
#define BARRIER() pool->barrier(pool)
#ifdef FOVEA_PROFILE
#define MARK(call) pool->mark(pool, me, (call))
#define MARK_LAST(call) (BARRIER(), MARK(call))
#else
#define MARK(call) ((void)0)
#define MARK_LAST(call) ((void)0)
#endif
FOVEA_EXPORT void fovea_step(struct pool *pool, int me, float *const *buffers);
#endif
`;

/** Flags that make `MARK` measure. */
export const PROFILE_FLAGS: readonly string[] = ['-DFOVEA_PROFILE'];
