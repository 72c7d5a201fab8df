// Writes a planned step as C: files of kernels, and one with the step that calls them.
import { createHash } from 'node:crypto';
import { type Shape, sizeOf } from '../../../tensor/shape.ts';
import type { SourceFile } from '../toolchain/build.ts';
import { prelude } from './c.ts';
import { CONTRACT } from './contract.ts';
import type { Target } from './kernel.ts';
import { imageGeometry, type Layout } from './layout.ts';
import type { Call, Region, StepPlan } from './plan/step.ts';

/** Kernels are spread over up to this many files, which the compiler takes side by side. */
const MOST_FILES = 8;
/** Length of a file that is worth a process of the compiler. */
const FILE_LENGTH = 40e3;

/**
 * C files of a step.
 * @param flags further flags for the file with the calls
 */
export function generate(plan: StepPlan, target: Target, flags: readonly string[] = []): SourceFile[] {
  const kernels = new Map<string, string>();
  const names = plan.calls.map(({ kernel, kind }) => {
    const name = `${kind.replace(/^\d|\W/g, '_')}_${createHash('sha256').update(kernel.code).digest('hex').slice(0, 12)}`;
    kernels.set(name, kernel.code.replace(/\bNAME/g, name));
    return name;
  });
  const head = `${CONTRACT}${prelude(target)}`;
  const files = spread([...kernels.values()]).map((sources, i) => ({
    name: `kernels${i}`,
    source: `${head}\n${sources.join('\n')}`,
  }));
  const step = `${head}\n${stepSource(plan, names, target)}`;
  return [...files, { name: 'step', source: step, flags: ['-O1', ...flags] }];
}

function stepSource(plan: StepPlan, names: readonly string[], target: Target): string {
  const declarations = [...new Set(names)].map(
    (name) => `void ${name}(struct pool *pool, int me, float *const *a);`,
  );
  const calls = plan.calls.map((call, i) => callSource(call, names[i], target) + endOf(plan, i));
  return `${declarations.join('\n')}

${clearFunctions}
${plan.changed ? prepareFunction(calls.slice(0, plan.preparation)) : ''}
void fovea_step(struct pool *pool, int me, float *const *buffers) {
${plan.changed ? `  if (*(const int32_t *)(${pointer(plan.changed)})) prepare(pool, me, buffers);\n` : ''}${calls.slice(plan.preparation).join('\n')}
}
`;
}

function prepareFunction(calls: readonly string[]): string {
  return `static void prepare(struct pool *pool, int me, float *const *buffers) {
${calls.join('\n')}
}
`;
}

function callSource(call: Call, name: string, { lanes }: Target): string {
  const pointers = call.regions.map(pointer).join(', ');
  const clearing = call.cleared.map(({ region, tensor }) => `    ${clearingSource(region, tensor, lanes)}`);
  return [
    `  { /* ${call.name.replaceAll('*/', '')} */`,
    `    float *const a[] = {${pointers}};`,
    ...clearing,
    `    ${name}(pool, me, a);`,
    '  }',
  ].join('\n');
}

/** What follows a call: the barrier before the next one, so that the profile counts a wait to the call that is awaited. */
function endOf({ calls }: StepPlan, number: number): string {
  const next = calls[number + 1];
  const mark = next ? `  MARK(${number});` : `  MARK_LAST(${number});`;
  return next?.barrier ? `\n  BARRIER();\n${mark}` : `\n${mark}`;
}

function pointer({ buffer, place }: Region): string {
  return place === 0 ? `buffers[${buffer}]` : `buffers[${buffer}] + ${place}L`;
}

function clearingSource(
  region: Region,
  tensor: { value: { shape: Shape }; layout: Layout },
  lanes: number,
): string {
  const { layout, value } = tensor;
  if (layout.kind !== 'image') {
    const used = sizeOf(value.shape);
    return `if (me == 0) memset(${pointer(region)} + ${used}L, 0, ${region.size - used} * sizeof(float));`;
  }
  const { images, blocks, block, row, height, width, halo } = imageGeometry(value.shape, layout, lanes);
  const [top, left, bottom, right] = halo;
  const sizes = [
    images * blocks,
    block,
    row,
    top,
    height,
    bottom,
    left * lanes,
    width * lanes,
    right * lanes,
  ];
  return `clear_halo(pool, me, ${pointer(region)}, ${sizes.join(', ')});`;
}

/** Zero around the images: the rows above and below, and the ends of the rows between. */
const clearFunctions = `static void clear_halo(struct pool *pool, int me, float *x, long planes, long plane, long row, long top,
                       long height, long bottom, long left, long width, long right) {
  CHUNK(planes, first, end);
  for (long p = first; p < end; p++) {
    float *start = x + p * plane;
    memset(start, 0, top * row * sizeof(float));
    memset(start + (top + height) * row, 0, bottom * row * sizeof(float));
    if (left + right == 0) continue;
    for (long y = top; y < top + height; y++) {
      memset(start + y * row, 0, left * sizeof(float));
      memset(start + y * row + left + width, 0, right * sizeof(float));
    }
  }
}
`;

/** Sources in groups of about the same length. */
function spread(sources: readonly string[]): string[][] {
  const length = sources.reduce((sum, source) => sum + source.length, 0);
  const count = Math.min(MOST_FILES, sources.length, Math.ceil(length / FILE_LENGTH));
  const groups = Array.from({ length: count }, () => ({ length: 0, sources: [] as string[] }));
  for (const source of sources.toSorted((a, b) => b.length - a.length)) {
    const smallest = groups.reduce((least, group) => (group.length < least.length ? group : least));
    smallest.sources.push(source);
    smallest.length += source.length;
  }
  return groups.map((group) => group.sources);
}
