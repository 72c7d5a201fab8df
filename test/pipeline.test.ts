// What a small network becomes on its way to machine code: the graph of its training step, the fused plan, generated C. A
// change in any stage shows here. Update with `npx vitest run test/pipeline.test.ts -u` and review the difference.
import { expect, test } from 'vitest';
import { generate } from '../src/engines/native/compiler/generate.ts';
import type { Target } from '../src/engines/native/compiler/kernel.ts';
import { formatPlan, planStep } from '../src/engines/native/compiler/plan/step.ts';
import { rules } from '../src/engines/native/kernels/index.ts';
import { formatNodes } from '../src/graph/print.ts';
import {
  Conv2d,
  defineModel,
  Flatten,
  Linear,
  ReLU,
  Sequential,
  softmaxCrossEntropy,
} from '../src/nn/index.ts';
import { momentum } from '../src/optim/momentum.ts';
import { trainProgram } from '../src/program/programs.ts';

const network = new Sequential({
  conv: new Conv2d(1, 8, 3),
  relu: new ReLU(),
  flatten: new Flatten(),
  fc: new Linear(32, 2),
});
const model = defineModel({ name: 'tiny', network, input: [1, 4, 4], classes: 2 });
const program = trainProgram(model, { batchSize: 1, loss: softmaxCrossEntropy(), optimizer: momentum() });

/** The same on every machine. */
const target: Target = { lanes: 8, registers: 16, threads: 1 };

test('the graph of the training step', () => {
  expect(formatNodes(program.nodes)).toMatchInlineSnapshot(`
    "conv = Conv(images, conv.weight, conv.bias) {strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1} : float32[1, 8, 2, 2]
    relu = Relu(conv) : float32[1, 8, 2, 2]
    flatten = Reshape(relu) {shape: [1, 32]} : float32[1, 32]
    fc = Gemm(flatten, fc.weight, fc.bias) {transA: false, transB: true} : float32[1, 2]
    SoftmaxCrossEntropyLoss = SoftmaxCrossEntropyLoss(fc, labels) {labelSmoothing: 0} : float32[], float32[1, 2]
    SoftmaxCrossEntropyLoss.grad = SoftmaxCrossEntropyLossGrad(constant_12, SoftmaxCrossEntropyLoss:1, labels) {labelSmoothing: 0} : float32[1, 2]
    fc.grad.Gemm = Gemm(SoftmaxCrossEntropyLoss.grad, fc.weight) {transA: false, transB: false} : float32[1, 32]
    fc.grad.Gemm_2 = Gemm(SoftmaxCrossEntropyLoss.grad, flatten) {transA: true, transB: false} : float32[2, 32]
    fc.grad.ReduceSum = ReduceSum(SoftmaxCrossEntropyLoss.grad) {axes: [0], keepDims: false} : float32[2]
    flatten.grad = Reshape(fc.grad.Gemm) {shape: [1, 8, 2, 2]} : float32[1, 8, 2, 2]
    relu.grad = ReluGrad(flatten.grad, relu) : float32[1, 8, 2, 2]
    conv.grad.ConvGradWeight = ConvGradWeight(images, relu.grad) {strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1, weightShape: [8, 1, 3, 3]} : float32[8, 1, 3, 3]
    conv.grad.ReduceSum = ReduceSum(relu.grad) {axes: [0, 2, 3], keepDims: false} : float32[8]
    conv.weight.update = MomentumUpdate(conv.weight, optimizer.velocity.conv.weight, conv.grad.ConvGradWeight, learningRate) {momentum: 0.9, weightDecay: 0} : float32[8, 1, 3, 3], float32[8, 1, 3, 3]
    conv.bias.update = MomentumUpdate(conv.bias, optimizer.velocity.conv.bias, conv.grad.ReduceSum, learningRate) {momentum: 0.9, weightDecay: 0} : float32[8], float32[8]
    fc.weight.update = MomentumUpdate(fc.weight, optimizer.velocity.fc.weight, fc.grad.Gemm_2, learningRate) {momentum: 0.9, weightDecay: 0} : float32[2, 32], float32[2, 32]
    fc.bias.update = MomentumUpdate(fc.bias, optimizer.velocity.fc.bias, fc.grad.ReduceSum, learningRate) {momentum: 0.9, weightDecay: 0} : float32[2], float32[2]"
  `);
});

const plan = planStep(program, rules, target);

test('the fused plan', () => {
  expect(formatPlan(plan)).toMatchInlineSnapshot(`
    "train tiny: 18 calls, 816 floats
    conv = Conv (direct rows tiles 2x2x1x1 blocks 1x1x1 by outputs outputs outside): images [1, 1, 4, 4] plain, conv.weight [8, 1, 3, 3] filter x1, conv.bias [8] plain -> relu [1, 8, 2, 2] image | @752 v2 v1 @0
    --- barrier
    relu.plain = Reorder: relu [1, 8, 2, 2] image -> relu [1, 8, 2, 2] plain | @0 @32
    --- barrier
    flatten = Reshape: relu [1, 8, 2, 2] plain -> flatten [1, 32] plain | @32 @32
    --- barrier
    fc = Gemm: flatten [1, 32] plain, fc.weight [2, 32] plain, fc.bias [2] plain -> fc [1, 2] plain | @32 v4 v3 @672
    --- barrier
    SoftmaxCrossEntropyLoss = SoftmaxCrossEntropyLoss: fc [1, 2] plain, labels [1] plain -> SoftmaxCrossEntropyLoss [] plain, SoftmaxCrossEntropyLoss:1 [1, 2] plain | @672 @768 @688 @96 @64
    --- barrier
    SoftmaxCrossEntropyLoss.grad = SoftmaxCrossEntropyLossGrad: constant_12 [] plain, SoftmaxCrossEntropyLoss:1 [1, 2] plain, labels [1] plain -> SoftmaxCrossEntropyLoss.grad [1, 2] plain | @800 @96 @768 @96
    --- barrier
    fc.grad.Gemm = Gemm: SoftmaxCrossEntropyLoss.grad [1, 2] plain, fc.weight [2, 32] plain -> fc.grad.Gemm [1, 32] plain | @96 v4 @64
    fc.grad.Gemm_2 = Gemm: SoftmaxCrossEntropyLoss.grad [1, 2] plain, flatten [1, 32] plain -> fc.grad.Gemm_2 [2, 32] plain | @96 @32 @576
    fc.grad.ReduceSum = ReduceSum: SoftmaxCrossEntropyLoss.grad [1, 2] plain -> fc.grad.ReduceSum [2] plain | @96 @704
    --- barrier
    flatten.grad = Reshape: fc.grad.Gemm [1, 32] plain -> flatten.grad [1, 8, 2, 2] plain | @64 @64
    --- barrier
    flatten.grad.image = Reorder: flatten.grad [1, 8, 2, 2] plain -> flatten.grad [1, 8, 2, 2] image | @64 @640
    --- barrier
    relu.grad = ReluGrad: flatten.grad [1, 8, 2, 2] image, relu [1, 8, 2, 2] image -> relu.grad [1, 8, 2, 2] image | @640 @0 @640
    --- barrier
    conv.grad.ConvGradWeight = ConvGradWeight (direct vectors 1 blocks 1x2 by filters): images [1, 1, 4, 4] plain, relu.grad [1, 8, 2, 2] image -> conv.grad.ConvGradWeight [8, 1, 3, 3] filter x1 | @752 @640 @0
    conv.grad.ReduceSum = ReduceSum: relu.grad [1, 8, 2, 2] image -> conv.grad.ReduceSum [8] plain | @640 @720 @736
    --- barrier
    conv.weight.update = MomentumUpdate: conv.weight [8, 1, 3, 3] filter x1, optimizer.velocity.conv.weight [8, 1, 3, 3] filter x1, conv.grad.ConvGradWeight [8, 1, 3, 3] filter x1, learningRate [] plain -> conv.weight.update [8, 1, 3, 3] filter x1, conv.weight.update:1 [8, 1, 3, 3] filter x1 | v2 v5 @0 @784 v2 v5
    conv.bias.update = MomentumUpdate: conv.bias [8] plain, optimizer.velocity.conv.bias [8] plain, conv.grad.ReduceSum [8] plain, learningRate [] plain -> conv.bias.update [8] plain, conv.bias.update:1 [8] plain | v1 v6 @720 @784 v1 v6
    fc.weight.update = MomentumUpdate: fc.weight [2, 32] plain, optimizer.velocity.fc.weight [2, 32] plain, fc.grad.Gemm_2 [2, 32] plain, learningRate [] plain -> fc.weight.update [2, 32] plain, fc.weight.update:1 [2, 32] plain | v4 v7 @576 @784 v4 v7
    fc.bias.update = MomentumUpdate: fc.bias [2] plain, optimizer.velocity.fc.bias [2] plain, fc.grad.ReduceSum [2] plain, learningRate [] plain -> fc.bias.update [2] plain, fc.bias.update:1 [2] plain | v3 v8 @704 @784 v3 v8"
  `);
});

/** C of a kernel, with NAME for its name. */
function kernelOf(name: string): string | undefined {
  return plan.calls.find((call) => call.name === name)?.kernel.code;
}

test('C of the convolution with its activation', () => {
  expect(kernelOf('conv')).toMatchInlineSnapshot(`
    "static inline vec NAME_epilogue(vec x0) {
      return KEEP(~(x0 < 0.0f), x0);
    }

    static const int NAME_taps0[][2] = {{0, 0}, {1, 64}, {2, 128}, {4, 192}, {5, 256}, {6, 320}, {8, 384}, {9, 448}, {10, 512}};
    static __attribute__((noinline)) void NAME_tile_2x2x1_1(const float *x, const float *w, float *y, const float *bias, int blocks) {
      vec s0_0, s1_0, s2_0, s3_0;
      s0_0 = ZERO;
      s1_0 = ZERO;
      s2_0 = ZERO;
      s3_0 = ZERO;
      for (int block = 0; block < blocks; block++, x += 16, w += 576) {
    #pragma GCC unroll 9
        for (int tap = 0; tap < 9; tap++) {
          const float *xt = x + NAME_taps0[tap][0], *wt = w + NAME_taps0[tap][1];
    #pragma GCC unroll 1
          for (int c = 0; c < 1; c++, xt += 16, wt += 8) {
            const vec w0 = LOAD(wt + 0);
            { const float pixel = xt[0]; s0_0 += pixel * w0; }
            { const float pixel = xt[1]; s1_0 += pixel * w0; }
            { const float pixel = xt[4]; s2_0 += pixel * w0; }
            { const float pixel = xt[5]; s3_0 += pixel * w0; }
          }
        }
      }
      s0_0 += LOAD(bias + 0 * LANES);
      s0_0 = NAME_epilogue(s0_0);
      s1_0 += LOAD(bias + 0 * LANES);
      s1_0 = NAME_epilogue(s1_0);
      s2_0 += LOAD(bias + 0 * LANES);
      s2_0 = NAME_epilogue(s2_0);
      s3_0 += LOAD(bias + 0 * LANES);
      s3_0 = NAME_epilogue(s3_0);
      STORE(y + 0, s0_0);
      STORE(y + 8, s1_0);
      STORE(y + 16, s2_0);
      STORE(y + 24, s3_0);
    }

    static __attribute__((noinline)) void NAME_region_1(const float *x, const float *w, float *y, const float *bias, long position, long output) {
      const long image = position;
      x += image * 16L;
      w += 0;
      y += image * 32L;
      bias += 0;
      NAME_tile_2x2x1_1(x + 0, w + 0, y + 0, bias, 1);
    }

    void NAME(struct pool *pool, int me, float *const *a) {
      const float *x = a[0];
      const float *weight = a[1];
      const float *bias = a[2];
      float *y = a[3];
      const float *w = weight;
      {
        for (long first_output, end_output; pool->take(pool, me, 1L, 1L, &first_output, &end_output);) {
          for (long output = first_output; output < end_output; output++) {
            for (long position = 0; position < 1; position++) {
              NAME_region_1(x, w, y, bias, position, output);
            }
          }
        }
      }
    }"
  `);
});

test('C of the gradient of the activation', () => {
  expect(kernelOf('relu.grad')).toMatchInlineSnapshot(`
    "void NAME(struct pool *pool, int me, float *const *a) {
      const float *x0 = a[0];
      const float *x1 = a[1];
      float *y0 = a[2];
      CHUNK(4, first, end);
      for (long i = first * LANES; i < end * LANES; i += LANES) {
        const vec vector1 = LOAD(x1 + i);
        const vec vector0 = LOAD(x0 + i);
        STORE(y0 + i, KEEP((vector1 > 0.0f), vector0));
      }
    }
    "
  `);
});

test('C of an optimizer update', () => {
  expect(kernelOf('conv.weight.update')).toMatchInlineSnapshot(`
    "void NAME(struct pool *pool, int me, float *const *a) {
      const float *x0 = a[0];
      const float *x1 = a[1];
      const float *x2 = a[2];
      const float *x3 = a[3];
      float *y0 = a[4];
      float *y1 = a[5];
      const float number0 = x3[0];
      CHUNK(72, first, end);
      for (long i = first * LANES; i < end * LANES; i += LANES) {
        const vec vector0 = LOAD(x0 + i);
        const vec vector1 = LOAD(x1 + i);
        const vec vector2 = LOAD(x2 + i);
        const vec part0 = (0.8999999761581421f * vector1) + vector2;
        const vec result0 = vector0 - (number0 * part0);
        STORE(y0 + i, result0);
        STORE(y1 + i, part0);
      }
    }
    "
  `);
});

test('C of the first calls of the step', () => {
  const step = generate(plan, target).find(({ name }) => name === 'step');
  const source = step?.source.slice(step.source.lastIndexOf('void fovea_step(')) ?? '';
  const withoutHashes = source.replace(/_[0-9a-f]{12}(?=\()/g, '');
  expect(withoutHashes.split('\n').slice(0, 11).join('\n')).toMatchInlineSnapshot(`
    "void fovea_step(struct pool *pool, int me, float *const *buffers) {
      { /* conv */
        float *const a[] = {buffers[0] + 752L, buffers[2], buffers[1], buffers[0]};
        Conv(pool, me, a);
      }
      BARRIER();
      MARK(0);
      { /* relu.plain */
        float *const a[] = {buffers[0], buffers[0] + 32L};
        Reorder(pool, me, a);
      }"
  `);
});
