// Sigmoid cross-entropy and its gradient.
import { multiply, sigmoid, subtract } from '../../../../expressions/builders.ts';
import { operand } from '../../../../expressions/expression.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, KernelRule, Request } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { mapKernel } from '../elementwise/elementwise.ts';
import { clearByFirst } from '../lanes.ts';

/** Runs of this many elements have a place each in the workspace. */
const RUN = 256;

export const sigmoidCrossEntropyLossRule: KernelRule = {
  layouts: () => ({ inputs: [plain, plain], outputs: [plain] }),
  kernel: lossKernel,
};

/** dz = (sigmoid(z) - t) dloss / size */
export const sigmoidCrossEntropyLossGradRule: KernelRule = {
  layouts: () => ({ inputs: [plain, plain, plain], outputs: [plain] }),
  kernel(request) {
    const [dloss, z, t] = [0, 1, 2].map(operand);
    const scale = multiply(dloss, 1 / sizeOf(request.outputs[0].shape));
    return mapKernel({ formulas: [multiply(subtract(sigmoid(z), t), scale)], ...request });
  },
  inPlace: () => [
    [1, 0],
    [2, 0],
  ],
};

function lossKernel({ inputs: [logits], target }: Request<object>): Kernel {
  const size = sizeOf(logits.shape);
  const runs = Math.ceil(size / RUN);
  const body = code`
    CHUNK(${runs}, first, end);
    for (long run = first; run < end; run++) {
      const long start = run * ${RUN}, stop = start + ${RUN} < ${size} ? start + ${RUN} : ${size};
      double sum = 0;
      for (long i = start; i < stop; i++) {
        const double z = logits[i];
        sum += (z > 0 ? z : 0) - z * targets[i] + log1p(exp(-fabs(z)));
      }
      partial[run] = sum;
    }
    pool->barrier(pool);
    if (me == 0) {
      double total = 0;
      for (long run = 0; run < ${runs}; run++) total += partial[run];
      loss[0] = total / ${size};
    }
    ${clearByFirst('loss', 1, target)}
  `;
  const operands = ['const float *logits', 'const float *targets', 'float *loss', 'float *partial'];
  return { code: kernelFunction(operands, body), workspace: runs };
}
