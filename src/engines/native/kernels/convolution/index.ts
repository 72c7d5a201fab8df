// Kernel rules of convolution and its two gradients.
export { filterLayout } from './filter.ts';
export { convRule } from './forward.ts';
export { convGradInputRule } from './grad-input.ts';
export { convGradWeightRule } from './grad-weight.ts';
