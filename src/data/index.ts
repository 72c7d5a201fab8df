// Data sets, preprocessing and loading.
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
export { type DatasetOptions, openDataset } from './sources.ts';
export { stratifiedSplit } from './split.ts';
export { parseSubset, type Subset, takeSubset } from './subset.ts';
export { defaultPreprocessing, type Preprocessing } from './transforms.ts';
