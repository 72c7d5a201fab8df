// The part of the runtime library that makes threads work together: gates, barriers and teams.

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

const TEAMS = `
typedef void step_function(struct team *, int, float *const *);

/* What one thread has spent on one call, in nanoseconds: in all, and thereof at barriers. */
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

/* How much of a thread's share of a work is taken: the work's number in the upper half, pieces in the lower. */
struct share { _Alignas(LINE) atomic_uint_fast64_t taken; };

struct crew {
  struct team team;  /* first: programs see only this */
  struct patience between_runs, within_run;
  struct job job;
  int stop;
  int workers;  /* threads that were started */
  pthread_mutex_t one_run;
  struct seat *seats;
  struct share *shares;
  struct gate start, met;
  _Alignas(LINE) atomic_int arrived;
};

struct seat {
  struct crew *crew;
  int me;
  pthread_t thread;
  uint32_t work;  /* number of the work that this thread takes pieces of, or will */
};

static void meet(struct team *team) {
  struct crew *crew = (struct crew *)team;
  if (team->size == 1) return;
  unsigned seen = atomic_load_explicit(&crew->met.count, memory_order_acquire);
  if (atomic_fetch_add(&crew->arrived, 1) + 1 < team->size) return gate_wait(&crew->met, seen, crew->within_run);
  atomic_store(&crew->arrived, 0);
  gate_move(&crew->met);
}

static void meet_timed(struct team *team) {
  int64_t start = now();
  meet(team);
  waited += now() - start;
}

/* A thread that leaves a work has seen all of it taken; so whoever finds a later work's number knows that nothing is left. */
static long take_from(struct share *share, uint32_t work, long size, long most, long *before) {
  uint64_t old = atomic_load_explicit(&share->taken, memory_order_relaxed);
  for (;;) {
    int32_t ahead = (int32_t)((uint32_t)(old >> 32) - work);
    *before = ahead < 0 ? 0 : (long)(uint32_t)old;
    long left = ahead > 0 ? 0 : size - *before, pieces = left < most ? left : most;
    if (pieces <= 0) return 0;
    uint64_t next = (uint64_t)work << 32 | (uint64_t)(*before + pieces);
    if (atomic_compare_exchange_weak_explicit(&share->taken, &old, next, memory_order_relaxed, memory_order_relaxed))
      return pieces;
  }
}

static int take(struct team *team, int me, long count, long most, long *first, long *end) {
  struct crew *crew = (struct crew *)team;
  struct seat *seat = &crew->seats[me];
  for (int i = 0; i < team->size; i++) {
    int owner = (me + i) % team->size;
    long start = count * owner / team->size, size = count * (owner + 1) / team->size - start, before;
    long pieces = take_from(&crew->shares[owner], seat->work, size, most, &before);
    *first = start + before;
    *end = *first + pieces;
    if (pieces > 0) return 1;
  }
  seat->work++;
  return 0;
}

static void mark_nothing(struct team *team, int me, int call) { (void)team; (void)me; (void)call; }

static void mark_time(struct team *team, int me, int call) {
  struct job *job = &((struct crew *)team)->job;
  int64_t time = now();
  if (call >= 0 && call < job->calls) {
    struct spent *spent = &job->spent[(size_t)me * job->calls + call];
    spent->total += time - marked;
    spent->waiting += waited;
  }
  marked = time;
  waited = 0;
}

static void take_part(struct crew *crew, int me) {
  struct job *job = &crew->job;
  marked = job->spent ? now() : 0;
  waited = 0;
  job->step(&crew->team, me, job->buffers);
  meet(&crew->team);
}

static void *work(void *argument) {
  struct seat *seat = argument;
  struct crew *crew = seat->crew;
  flush_tiny();
  for (unsigned runs = 0;; runs++) {
    gate_wait(&crew->start, runs, crew->between_runs);
    if (crew->stop) return NULL;
    take_part(crew, seat->me);
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

static int start_workers(struct crew *crew, size_t stack) {
  sigset_t old;
  pthread_attr_t attributes;
  int error = 0;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack);
  block_signals(&old);
  for (int me = 1; me < crew->team.size && !error; me++) {
    struct seat *seat = &crew->seats[me];
    seat->crew = crew;
    seat->me = me;
    error = pthread_create(&seat->thread, &attributes, work, seat);
    if (!error) crew->workers++;
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

FOVEA_EXPORT void fovea_crew_close(struct crew *crew) {
  crew->stop = 1;
  gate_move(&crew->start);
  for (int me = 1; me <= crew->workers; me++) pthread_join(crew->seats[me].thread, NULL);
  gate_destroy(&crew->start);
  gate_destroy(&crew->met);
  pthread_mutex_destroy(&crew->one_run);
  free(crew->seats);
  free(crew->shares);
  free(crew);
}

FOVEA_EXPORT struct crew *fovea_crew_open(int threads, int cores, double stack) {
  struct crew *crew = aligned_alloc(LINE, (sizeof *crew + LINE - 1) / LINE * LINE);
  struct seat *seats = calloc(threads, sizeof *seats);
  struct share *shares = aligned_alloc(LINE, threads * sizeof *shares);
  if (!crew || !seats || !shares) return fail("threads", "out of memory");
  memset(crew, 0, sizeof *crew);
  memset(shares, 0, threads * sizeof *shares);
  crew->team = (struct team){threads, meet, mark_nothing, take};
  crew->seats = seats;
  crew->shares = shares;
  /* With a core for each thread, whoever is awaited is at work and will soon be there. */
  int own_cores = threads <= cores;
  crew->within_run = (struct patience){own_cores ? SPIN_NS : 0, own_cores ? YIELD_NS : CROWDED_YIELD_NS};
  crew->between_runs = (struct patience){own_cores ? IDLE_SPIN_NS : 0, own_cores ? IDLE_YIELD_NS : 0};
  pthread_mutex_init(&crew->one_run, NULL);
  gate_init(&crew->start);
  gate_init(&crew->met);
  stay_loaded();
  int error = start_workers(crew, stack);
  if (!error) return crew;
  fovea_crew_close(crew);
  return fail("threads", strerror(error));
}

FOVEA_EXPORT void fovea_run(struct crew *crew, step_function *step, float *const *buffers, struct spent *spent, int calls) {
  pthread_mutex_lock(&crew->one_run);
  rounding old = flush_tiny();
  crew->job = (struct job){step, buffers, spent, calls};
  crew->team.mark = spent ? mark_time : mark_nothing;
  crew->team.barrier = spent ? meet_timed : meet;
  if (crew->team.size > 1) gate_move(&crew->start);
  take_part(crew, 0);
  restore_tiny(old);
  pthread_mutex_unlock(&crew->one_run);
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
export const THREADS = [settings.join('\n'), HELPERS, GATES, TEAMS].join('\n');
