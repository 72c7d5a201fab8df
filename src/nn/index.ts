// Modules, layers, parameters, initializers and losses.

export { type InitName, initialize, initNames } from './initializers.ts';
export { ReLU, ReLU6, Sigmoid } from './layers/activations.ts';
export { BatchNorm2d, type BatchNorm2dOptions } from './layers/batch-normalization.ts';
export { Conv2d, type Conv2dOptions } from './layers/convolution.ts';
export { Dropout } from './layers/dropout.ts';
export type { Extent } from './layers/extent.ts';
export { Flatten } from './layers/flatten.ts';
export { Linear } from './layers/linear.ts';
export { AdaptiveAvgPool2d, AvgPool2d, MaxPool2d, type PoolOptions } from './layers/pooling.ts';
export { type Layer, Sequential } from './layers/sequential.ts';
export { StochasticDepth } from './layers/stochastic-depth.ts';
export {
  createLoss,
  type Loss,
  type LossSettings,
  losses,
  plainLoss,
  type SoftmaxCrossEntropyOptions,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
} from './losses.ts';
export { defineModel, type Model, type OptionValue } from './model.ts';
export { Module, namedParameters } from './module.ts';
export { type Fans, type Initial, Parameter, type ParameterOptions } from './parameter.ts';
export { randomKeyTensor } from './random-key.ts';
