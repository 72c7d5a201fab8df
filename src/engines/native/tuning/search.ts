// Finds the fastest of several ways to compute each kernel of a step, from measurements of whole steps.
import { median, range } from '../../../base/numbers.ts';

/**
 * Runs the step with way number `ways[i]` in contest i.
 * @returns milliseconds of each contest's kernels
 */
export type Measure = (ways: readonly number[]) => Promise<readonly number[]>;

export interface SearchOptions {
  /** Number of ways in each contest; number 0 is the usual one. */
  readonly counts: readonly number[];
  readonly measure: Measure;
  /** Time to spend; a small number of runs is made in any case. */
  readonly seconds: number;
  /** Receives the fraction of the time that is spent. */
  readonly onProgress?: (fraction: number) => void;
  /** Milliseconds on a clock. */
  readonly now?: () => number;
}

/** What came out of one contest. */
export interface Outcome {
  /** The fastest way, or 0 if none is clearly faster than the usual one. */
  readonly way: number;
  /** Time of the usual way, and of the fastest, in the runs that compared these two. */
  readonly usualMs: number;
  readonly bestMs: number;
}

/** What the fastest way has to save at least. */
const MARGIN = 0.03;
/** Share of the time for finding favourites; the rest is for comparing them with the usual ways. */
const HEATS_SHARE = 0.7;
const LEAST_HEATS = 2;
const MOST_HEATS = 25;
const LEAST_PAIRS = 5;
const MOST_PAIRS = 25;

/**
 * Heats first: all ways that may still win run in turns, so that a slow moment of the machine affects all of them. Then the
 * favourites run against the usual ways, pair by pair, and win only by what these runs say: the best of many measurements
 * is always also a lucky one.
 */
export async function findFastest(options: SearchOptions): Promise<Outcome[]> {
  const search = new Search(options);
  await search.heats();
  return search.finals();
}

class Search {
  private readonly options: SearchOptions;
  private readonly now: () => number;
  private readonly start: number;
  /** Milliseconds by contest and way. */
  private readonly times: number[][][];

  constructor(options: SearchOptions) {
    this.options = options;
    this.now = options.now ?? (() => performance.now());
    this.start = this.now();
    this.times = options.counts.map((count) => range(count).map(() => []));
  }

  async heats(): Promise<void> {
    let running = this.options.counts.map((count) => range(count));
    const turns = () => Math.max(1, ...running.map((ways) => ways.length));
    for (let heat = 1; heat <= MOST_HEATS && turns() > 1; heat++) {
      if (heat > LEAST_HEATS && this.progress() > HEATS_SHARE) break;
      for (const turn of range(turns())) {
        const ways = running.map((those) => those[(turn + heat) % those.length]);
        const times = await this.measure(ways);
        ways.forEach((way, contest) => {
          this.times[contest][way].push(times[contest]);
        });
      }
      if (heat >= LEAST_HEATS)
        running = running.map((ways, contest) => this.stillRunning(contest, ways, heat));
    }
  }

  async finals(): Promise<Outcome[]> {
    if (this.times.length === 0) return [];
    const favourites = this.times.map((_, contest) => this.favourite(contest));
    const usual: (readonly number[])[] = [];
    const best: (readonly number[])[] = [];
    const pairs = favourites.some((way) => way !== 0) ? MOST_PAIRS : LEAST_PAIRS;
    for (let pair = 0; pair < pairs && (pair < LEAST_PAIRS || this.progress() < 1); pair++) {
      usual.push(await this.measure(favourites.map(() => 0)));
      best.push(await this.measure(favourites));
    }
    return favourites.map((favourite, contest) => {
      const ratios = usual.map((times, pair) => best[pair][contest] / times[contest]);
      return {
        way: isClear(ratios) ? favourite : 0,
        usualMs: median(usual.map((times) => times[contest])),
        bestMs: median(best.map((times) => times[contest])),
      };
    });
  }

  /** The ways that are not far behind the leader; the more heats were run, the nearer they have to be. */
  private stillRunning(contest: number, ways: readonly number[], heat: number): number[] {
    const leader = Math.min(...ways.map((way) => this.typical(contest, way)));
    return ways.filter((way) => way === 0 || this.typical(contest, way) <= leader * (1 + 0.5 / heat));
  }

  private favourite(contest: number): number {
    const typical = this.times[contest].map((_, way) => this.typical(contest, way));
    return typical.indexOf(Math.min(...typical));
  }

  private typical(contest: number, way: number): number {
    return median(this.times[contest][way]);
  }

  private async measure(ways: readonly number[]): Promise<readonly number[]> {
    const times = await this.options.measure(ways);
    this.options.onProgress?.(Math.min(1, this.progress()));
    return times;
  }

  /** Share of the time that is spent. */
  private progress(): number {
    return (this.now() - this.start) / (this.options.seconds * 1000);
  }
}

/** Whether times relative to the usual way's are smaller by the margin, and more often than chance lets them be. */
function isClear(ratios: readonly number[]): boolean {
  const wins = ratios.filter((ratio) => ratio < 1).length;
  const deviation = Math.sqrt(ratios.length) / 2;
  return median(ratios) <= 1 - MARGIN && wins >= ratios.length / 2 + 2 * deviation;
}
