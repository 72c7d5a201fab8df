// The part of the runtime library that makes threads work together: gates, barriers and thread pools.

const HELPERS = `
#define LINE 128  /* bytes that one thread's writes keep others away from */

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/* Numbers below 1e-38 count as zero in steps: dying momentum would otherwise slow arithmetic down a hundredfold. */
#if defined(__SSE__)
typedef unsigned rounding;
static rounding flush_tiny(void) {
  rounding old = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(old | 0x8040);
  return old;
}
static void restore_tiny(rounding old) { __builtin_ia32_ldmxcsr(old); }
#elif defined(__aarch64__)
typedef uint64_t rounding;
static rounding flush_tiny(void) {
  rounding old;
  __asm__ volatile("mrs %0, fpcr" : "=r"(old));
  __asm__ volatile("msr fpcr, %0" ::"r"(old | (1u << 24)));
  return old;
}
static void restore_tiny(rounding old) { __asm__ volatile("msr fpcr, %0" ::"r"(old)); }
#else
typedef int rounding;
static rounding flush_tiny(void) { return 0; }
static void restore_tiny(rounding old) { (void)old; }
#endif
`;

const GATES = `
/* A number that threads wait to see changed. The mutex is only for those that gave up spinning. */
struct gate {
  _Alignas(LINE) atomic_uint count;
  atomic_int sleepers;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
};

/* How long to wait in which way before sleeping, in nanoseconds. */
struct patience { int64_t spin, yield; };

static void gate_init(struct gate *gate) {
  atomic_init(&gate->count, 0);
  atomic_init(&gate->sleepers, 0);
  pthread_mutex_init(&gate->mutex, NULL);
  pthread_cond_init(&gate->changed, NULL);
}

static void gate_destroy(struct gate *gate) {
  pthread_mutex_destroy(&gate->mutex);
  pthread_cond_destroy(&gate->changed);
}

static inline int gate_moved(struct gate *gate, unsigned seen) {
  return atomic_load_explicit(&gate->count, memory_order_acquire) != seen;
}

static void gate_sleep(struct gate *gate, unsigned seen) {
  pthread_mutex_lock(&gate->mutex);
  atomic_fetch_add(&gate->sleepers, 1);
  while (atomic_load(&gate->count) == seen) pthread_cond_wait(&gate->changed, &gate->mutex);
  atomic_fetch_sub(&gate->sleepers, 1);
  pthread_mutex_unlock(&gate->mutex);
}

static int gate_spin(struct gate *gate, unsigned seen) {
  for (int i = 0; i < 32; i++, relax())
    if (gate_moved(gate, seen)) return 1;
  return 0;
}

static void gate_wait(struct gate *gate, unsigned seen, struct patience patience) {
  if (patience.spin > 0 ? gate_spin(gate, seen) : gate_moved(gate, seen)) return;
  int64_t start = now();
  while (now() - start < patience.spin)
    if (gate_spin(gate, seen)) return;
  while (now() - start < patience.yield) {
    if (gate_moved(gate, seen)) return;
    sched_yield();
  }
  gate_sleep(gate, seen);
}

/* Sequentially consistent on both sides: either the sleeper sees the new count, or this sees the sleeper. */
static void gate_move(struct gate *gate) {
  atomic_fetch_add(&gate->count, 1);
  if (atomic_load(&gate->sleepers) == 0) return;
  pthread_mutex_lock(&gate->mutex);
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->mutex);
}
`;

const POOLS = `
typedef void step_function(struct pool *, int, float *const *);

/* What one thread has spent on one call, in nanoseconds: in all, and of that at barriers. */
struct spent { double total, waiting; };

/* The job of one run, which the mark function reads too. */
struct job {
  step_function *step;
  float *const *buffers;
  struct spent *spent;  /* [thread][call], or NULL */
  int calls;
};

/* This thread's last mark, and what it has waited since. */
static _Thread_local int64_t marked, waited;

/* A worker's queue: how much of its part of a task is taken. The number of the task is in the upper half, chunks in the lower. */
struct queue { _Alignas(LINE) atomic_uint_fast64_t taken; };

struct thread_pool {
  struct pool pool;  /* first: programs see only this */
  struct patience between_runs, within_run;
  struct job job;
  int stop;
  int started;  /* threads besides the one that calls */
  pthread_mutex_t one_run;
  struct worker *workers;
  struct queue *queues;
  struct gate start, all_arrived;
  _Alignas(LINE) atomic_int arrived;
};

struct worker {
  struct thread_pool *threads;
  int me;
  pthread_t thread;
  uint32_t task;  /* number of the task that this worker takes chunks of, or will */
};

static void wait_at_barrier(struct pool *pool) {
  struct thread_pool *threads = (struct thread_pool *)pool;
  if (pool->size == 1) return;
  unsigned seen = atomic_load_explicit(&threads->all_arrived.count, memory_order_acquire);
  if (atomic_fetch_add(&threads->arrived, 1) + 1 < pool->size) return gate_wait(&threads->all_arrived, seen, threads->within_run);
  atomic_store(&threads->arrived, 0);
  gate_move(&threads->all_arrived);
}

static void wait_at_barrier_timed(struct pool *pool) {
  int64_t start = now();
  wait_at_barrier(pool);
  waited += now() - start;
}

/* A worker that leaves a task has seen all of it taken; so whoever finds a later task's number knows that nothing is left. */
static long take_from(struct queue *queue, uint32_t task, long size, long most, long *before) {
  uint64_t old = atomic_load_explicit(&queue->taken, memory_order_relaxed);
  for (;;) {
    int32_t ahead = (int32_t)((uint32_t)(old >> 32) - task);
    *before = ahead < 0 ? 0 : (long)(uint32_t)old;
    long left = ahead > 0 ? 0 : size - *before, chunks = left < most ? left : most;
    if (chunks <= 0) return 0;
    uint64_t next = (uint64_t)task << 32 | (uint64_t)(*before + chunks);
    if (atomic_compare_exchange_weak_explicit(&queue->taken, &old, next, memory_order_relaxed, memory_order_relaxed))
      return chunks;
  }
}

static int take(struct pool *pool, int me, long count, long most, long *first, long *end) {
  struct thread_pool *threads = (struct thread_pool *)pool;
  struct worker *worker = &threads->workers[me];
  for (int i = 0; i < pool->size; i++) {
    int owner = (me + i) % pool->size;
    long start = count * owner / pool->size, size = count * (owner + 1) / pool->size - start, before;
    long chunks = take_from(&threads->queues[owner], worker->task, size, most, &before);
    *first = start + before;
    *end = *first + chunks;
    if (chunks > 0) return 1;
  }
  worker->task++;
  return 0;
}

static void mark_nothing(struct pool *pool, int me, int call) { (void)pool; (void)me; (void)call; }

static void mark_time(struct pool *pool, int me, int call) {
  struct job *job = &((struct thread_pool *)pool)->job;
  int64_t time = now();
  if (call >= 0 && call < job->calls) {
    struct spent *spent = &job->spent[(size_t)me * job->calls + call];
    spent->total += time - marked;
    spent->waiting += waited;
  }
  marked = time;
  waited = 0;
}

static void run_job(struct thread_pool *threads, int me) {
  struct job *job = &threads->job;
  marked = job->spent ? now() : 0;
  waited = 0;
  job->step(&threads->pool, me, job->buffers);
  wait_at_barrier(&threads->pool);
}

static void *run_worker(void *argument) {
  struct worker *worker = argument;
  struct thread_pool *threads = worker->threads;
  flush_tiny();
  for (unsigned runs = 0;; runs++) {
    gate_wait(&threads->start, runs, threads->between_runs);
    if (threads->stop) return NULL;
    run_job(threads, worker->me);
  }
}

/* Signals are for the host's threads, except those that a fault of our own raises. */
static void block_signals(sigset_t *old) {
  static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
  sigset_t all;
  sigfillset(&all);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&all, own[i]);
  pthread_sigmask(SIG_SETMASK, &all, old);
}

static int start_workers(struct thread_pool *threads, size_t stack) {
  sigset_t old;
  pthread_attr_t attributes;
  int error = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  block_signals(&old);
  for (int me = 1; me < threads->pool.size && !error; me++) {
    struct worker *worker = &threads->workers[me];
    worker->threads = threads;
    worker->me = me;
    error = pthread_create(&worker->thread, &attributes, run_worker, worker);
    if (!error) threads->started++;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

/* Sleeping threads stand in this library's code, so that it must stay when the host unloads what it loaded. */
static void stay_loaded(void) {
  Dl_info info;
  if (dladdr((void *)stay_loaded, &info)) dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

FOVEA_EXPORT void fovea_pool_close(struct thread_pool *threads) {
  threads->stop = 1;
  gate_move(&threads->start);
  for (int me = 1; me <= threads->started; me++) pthread_join(threads->workers[me].thread, NULL);
  gate_destroy(&threads->start);
  gate_destroy(&threads->all_arrived);
  pthread_mutex_destroy(&threads->one_run);
  free(threads->workers);
  free(threads->queues);
  free(threads);
}

FOVEA_EXPORT struct thread_pool *fovea_pool_open(int size, int cores, double stack) {
  struct thread_pool *threads = aligned_alloc(LINE, (sizeof *threads + LINE - 1) / LINE * LINE);
  struct worker *workers = calloc(size, sizeof *workers);
  struct queue *queues = aligned_alloc(LINE, size * sizeof *queues);
  if (!threads || !workers || !queues) return fail("threads", "out of memory");
  memset(threads, 0, sizeof *threads);
  memset(queues, 0, size * sizeof *queues);
  threads->pool = (struct pool){size, wait_at_barrier, mark_nothing, take};
  threads->workers = workers;
  threads->queues = queues;
  /* With a core for each thread, whoever is awaited is at work and will soon be there. */
  int own_cores = size <= cores;
  threads->within_run = (struct patience){own_cores ? SPIN_NS : 0, own_cores ? YIELD_NS : CROWDED_YIELD_NS};
  threads->between_runs = (struct patience){own_cores ? IDLE_SPIN_NS : 0, own_cores ? IDLE_YIELD_NS : 0};
  pthread_mutex_init(&threads->one_run, NULL);
  gate_init(&threads->start);
  gate_init(&threads->all_arrived);
  stay_loaded();
  int error = start_workers(threads, stack);
  if (!error) return threads;
  fovea_pool_close(threads);
  return fail("threads", strerror(error));
}

FOVEA_EXPORT void fovea_run(struct thread_pool *threads, step_function *step, float *const *buffers, struct spent *spent, int calls) {
  pthread_mutex_lock(&threads->one_run);
  rounding old = flush_tiny();
  threads->job = (struct job){step, buffers, spent, calls};
  threads->pool.mark = spent ? mark_time : mark_nothing;
  threads->pool.barrier = spent ? wait_at_barrier_timed : wait_at_barrier;
  if (threads->pool.size > 1) gate_move(&threads->start);
  run_job(threads, 0);
  restore_tiny(old);
  pthread_mutex_unlock(&threads->one_run);
}
`;

/** How long threads wait actively, in nanoseconds: first spinning, then letting others run, then asleep. */
const PATIENCE: Readonly<Record<string, number>> = {
  SPIN_NS: 2_000,
  YIELD_NS: 5_000_000,
  CROWDED_YIELD_NS: 200_000,
  IDLE_SPIN_NS: 2_000,
  IDLE_YIELD_NS: 50_000,
};

const settings = Object.entries(PATIENCE).map(([name, value]) => `#define ${name} ${value}LL`);

/** C text; needs the contract, the system's headers and `fail` before it. */
export const THREADS = [settings.join('\n'), HELPERS, GATES, POOLS].join('\n');
