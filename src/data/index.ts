// Data sets, preprocessing and loading.

export {
  type Dataset,
  pick,
  type Sample,
  type SplitDataset,
  type SplitName,
  selectSplit,
} from './dataset.ts';
export { Loader } from './loading/loader.ts';
export { digits } from './sources/digits/digits.ts';
export { type DatasetOptions, openDataset } from './sources.ts';
export { type Fold, kFold, stratifiedSplit } from './split.ts';
export { parseSubset, type Subset, takeSubset } from './subset.ts';
export { type ChannelCounts, channelsFor, countChannels } from './survey/channels.ts';
export { type Survey, survey } from './survey/survey.ts';
export { type Unreadable, withoutUnreadable } from './survey/unreadable.ts';
export { type Augmentation, parseAugmentation } from './transforms/augmentation.ts';
export {
  defaultPreprocessing,
  type Preprocessing,
  type Transform,
  type TransformList,
} from './transforms/transforms.ts';
