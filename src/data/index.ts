// Data sets, preprocessing and loading.
export { type Augmentation, parseAugmentation } from './augmentation.ts';
export { type ChannelCounts, channelsFor, countChannels } from './channels.ts';
export {
  type Dataset,
  pick,
  type Sample,
  type SplitDataset,
  type SplitName,
  selectSplit,
} from './dataset.ts';
export { digits } from './digits.ts';
export { Loader } from './loader.ts';
export { type Unreadable, withoutUnreadable } from './readable.ts';
export { type DatasetOptions, openDataset } from './sources.ts';
export { type Fold, kFold, stratifiedSplit } from './split.ts';
export { parseSubset, type Subset, takeSubset } from './subset.ts';
export { type Survey, survey } from './survey.ts';
export {
  defaultPreprocessing,
  type Preprocessing,
  type Transform,
  type TransformList,
} from './transforms.ts';
