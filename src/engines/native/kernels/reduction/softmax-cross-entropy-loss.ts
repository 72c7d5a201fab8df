// Softmax cross-entropy and its gradient; see the operator for the formulas and names.
import type { SoftmaxCrossEntropyLossAttributes } from '../../../../ops/softmax-cross-entropy-loss.ts';
import { code, kernelFunction } from '../../compiler/code.ts';
import type { Kernel, KernelRule, Operand, Request } from '../../compiler/kernel.ts';
import { plain } from '../../compiler/layout.ts';
import { clearByFirst } from '../lanes.ts';
import { exponentialsFunction } from './softmax-rows.ts';

type Attributes = SoftmaxCrossEntropyLossAttributes;

export const softmaxCrossEntropyLossRule: KernelRule<Attributes> = {
  layouts: ({ inputs }) => ({ inputs: inputs.map(() => plain), outputs: [plain, plain] }),
  kernel: lossKernel,
};

export const softmaxCrossEntropyLossGradRule: KernelRule<Attributes> = {
  layouts: ({ inputs }) => ({ inputs: inputs.map(() => plain), outputs: [plain] }),
  kernel: gradKernel,
  inPlace: () => [[1, 0]],
};

/** What the targets t[n, k] are made from. */
interface Targets {
  readonly samples: number;
  readonly classes: number;
  readonly soft: boolean;
  readonly weighted: boolean;
  readonly smoothing: number;
}

function targetsOf([scores, labels, weights]: readonly Operand[], { labelSmoothing }: Attributes): Targets {
  const [samples, classes] = scores.shape as readonly [number, number];
  return {
    samples,
    classes,
    soft: labels.dtype === 'float32',
    weighted: weights !== undefined,
    smoothing: labelSmoothing,
  };
}

/** Whether each sample has one target of 1 and no other. */
function isOneHot({ soft, weighted, smoothing }: Targets): boolean {
  return !soft && !weighted && smoothing === 0;
}

/** C for t[n, k]. */
function targetAt({ classes, soft, weighted, smoothing }: Targets): string {
  const chosen = soft ? `labels[n * ${classes}L + k]` : '(k == labels[n])';
  const smoothed = smoothing === 0 ? chosen : `(${1 - smoothing} * ${chosen} + ${smoothing / classes})`;
  return weighted ? `(double)weights[k] * ${smoothed}` : smoothed;
}

/** `double divisor`: D of the formula. */
function declareDivisor({ samples, soft, weighted }: Targets): string {
  if (soft || !weighted) return `const double divisor = ${samples};`;
  return code`
    double divisor = 0;
    for (long n = 0; n < ${samples}; n++) divisor += weights[labels[n]];
  `;
}

function labelOperands({ soft, weighted }: Targets): string[] {
  return [
    soft ? 'const float *labels' : 'const int32_t *labels',
    ...(weighted ? ['const float *weights'] : []),
  ];
}

/** Rows by all threads, each with its term of the loss in the workspace; the first thread adds them up. */
function lossKernel({ attributes, inputs, target }: Request<Attributes>): Kernel {
  const targets = targetsOf(inputs, attributes);
  const { samples, classes } = targets;
  const body = code`
    CHUNK(${samples}, first, end);
    for (long n = first; n < end; n++) {
      const float *z = logits + n * ${classes}L;
      float *p = probabilities + n * ${classes}L;
      float largest;
      const float sum = NAME_exponentials(z, p, &largest), scale = 1.0f / sum;
      ${rowLoss(targets)}
      for (long k = 0; k < ${classes}; k++) p[k] *= scale;
    }
    pool->barrier(pool);
    if (me == 0) {
      ${declareDivisor(targets)}
      double total = 0;
      for (long n = 0; n < ${samples}; n++) total += losses[n];
      loss[0] = total / divisor;
    }
    ${clearByFirst('loss', 1, target)}
    ${clearByFirst('probabilities', samples * classes, target)}
  `;
  const outputs = ['float *loss', 'float *probabilities', 'float *losses'];
  return {
    code: `${exponentialsFunction(classes, target)}${kernelFunction(['const float *logits', ...labelOperands(targets), ...outputs], body)}`,
    workspace: samples,
  };
}

/** The largest logit is taken from the others before the logarithm is added: both are small where the loss is. */
function rowLoss(targets: Targets): string {
  if (isOneHot(targets)) return 'losses[n] = ((double)largest - z[labels[n]]) + log(sum);';
  return code`
    const double logarithm = log(sum);
    double row_loss = 0;
    for (long k = 0; k < ${targets.classes}; k++) {
      const double target = ${targetAt(targets)};
      row_loss += target * (((double)largest - z[k]) + logarithm);
    }
    losses[n] = row_loss;
  `;
}

function gradKernel({ attributes, inputs, target }: Request<Attributes>): Kernel {
  const targets = targetsOf(inputs.slice(1), attributes);
  const { samples, classes } = targets;
  const oneHot = code`
    for (long k = 0; k < ${classes}; k++) dz[k] = scale * p[k];
    dz[labels[n]] -= scale;
  `;
  const general = code`
    double total = 0;
    for (long k = 0; k < ${classes}; k++) total += ${targetAt(targets)};
    for (long k = 0; k < ${classes}; k++) dz[k] = scale * (p[k] * total - ${targetAt(targets)});
  `;
  const body = code`
    ${declareDivisor(targets)}
    const float scale = *dloss / divisor;
    CHUNK(${samples}, first, end);
    for (long n = first; n < end; n++) {
      const float *p = probabilities + n * ${classes}L;
      float *dz = dlogits + n * ${classes}L;
      ${isOneHot(targets) ? oneHot : general}
    }
    ${clearByFirst('dlogits', samples * classes, target)}
  `;
  const operands = [
    'const float *dloss',
    'const float *probabilities',
    ...labelOperands(targets),
    'float *dlogits',
  ];
  return { code: kernelFunction(operands, body) };
}
