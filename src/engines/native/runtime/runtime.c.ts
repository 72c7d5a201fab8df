// The C side of the runtime: a thread pool, memory, and the loading of generated programs. It knows nothing about
// networks and is compiled once per machine.

import { CONTRACT } from '../compiler/contract.ts';
import type { SourceFile } from '../toolchain/build.ts';
import { THREADS } from './threads.c.ts';

const HEADERS = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
`;

const ERRORS = `
static _Thread_local char error_text[2048];

FOVEA_EXPORT const char *fovea_error(void) { return error_text; }

static void *fail(const char *what, const char *why) {
  snprintf(error_text, sizeof error_text, "%s: %s", what, why ? why : "unknown reason");
  return NULL;
}
`;

const MEMORY = `
#define HUGE_PAGE ((size_t)2 << 20)

static size_t huge_size(size_t bytes) { return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE; }

/* Fresh pages from the system, on a huge page's border: zero already, and touched first by the thread that uses them. */
static void *allocate_pages(size_t size) {
  char *start = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (start == MAP_FAILED) return fail("memory", strerror(errno));
  size_t before = -(uintptr_t)start % HUGE_PAGE;
  if (before > 0) munmap(start, before);
  if (before < HUGE_PAGE) munmap(start + before + size, HUGE_PAGE - before);
#ifdef MADV_HUGEPAGE
  madvise(start + before, size, MADV_HUGEPAGE);
#endif
  return start + before;
}

/* Zeros, on a 64-byte border. */
FOVEA_EXPORT void *fovea_allocate(double bytes) {
  size_t size = bytes;
  if (size >= HUGE_PAGE) return allocate_pages(huge_size(size));
  void *memory = NULL;
  int error = posix_memalign(&memory, 64, (size + 63) / 64 * 64);
  if (error) return fail("memory", strerror(error));
  return memset(memory, 0, size);
}

/* Gives large memory's pages back but keeps its addresses, which read as zeros from then on. */
FOVEA_EXPORT void fovea_empty(void *memory, double bytes) {
  size_t size = bytes;
  if (size >= HUGE_PAGE)
    mmap(memory, huge_size(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
}

FOVEA_EXPORT void fovea_free(void *memory, double bytes) {
  size_t size = bytes;
  if (size >= HUGE_PAGE) munmap(memory, huge_size(size));
  else free(memory);
}
`;

const PROGRAMS = `
FOVEA_EXPORT void *fovea_load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  return library ? library : fail("dlopen", dlerror());
}

FOVEA_EXPORT void *fovea_step_of(void *library) {
  void *step = dlsym(library, "fovea_step");
  return step ? step : fail("dlsym", dlerror());
}

FOVEA_EXPORT void fovea_unload(void *library) { dlclose(library); }
`;

/** The runtime library's source. */
export const RUNTIME_SOURCE: SourceFile = {
  name: 'runtime',
  source: [HEADERS, CONTRACT, ERRORS, THREADS, MEMORY, PROGRAMS].join('\n'),
};
