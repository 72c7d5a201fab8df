// Kernel rules of convolution and its two gradients.

import { withSpecial } from '../special-rule.ts';
import { batchConvGradInputRule, batchConvGradWeightRule, batchConvRule } from './batch/index.ts';
import { convRule as channelConvRule } from './forward.ts';
import { convGradInputRule as channelConvGradInputRule } from './grad-input.ts';
import { convGradWeightRule as channelConvGradWeightRule } from './grad-weight.ts';
import {
  wholeImageConvGradInputRule,
  wholeImageConvGradWeightRule,
  wholeImageConvRule,
} from './whole-image.ts';

export { filterLayout } from './filter.ts';

export const convRule = withSpecial(channelConvRule, wholeImageConvRule, batchConvRule);
export const convGradInputRule = withSpecial(
  channelConvGradInputRule,
  wholeImageConvGradInputRule,
  batchConvGradInputRule,
);
export const convGradWeightRule = withSpecial(
  channelConvGradWeightRule,
  wholeImageConvGradWeightRule,
  batchConvGradWeightRule,
);
