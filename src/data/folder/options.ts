// Options of opening a folder of images.
import type { DecodeSettings } from '../../image/decode.ts';
import type { SplitOptions } from '../split.ts';
import type { LayoutOptions } from './layout.ts';
import type { WalkOptions } from './walk.ts';

/** The class of images without labels. */
export const UNLABELED = 'unlabelled';

export interface FolderOptions
  extends SplitOptions,
    DecodeSettings,
    WalkOptions,
    Pick<LayoutOptions, 'splitFolders'> {
  /**
   * The classes, in order, for example those of a checkpoint. Some may be missing in the folder, but it may have no others
   * (default: the sorted names of the sub-folders).
   */
  readonly classes?: readonly string[] | undefined;
  /**
   * Whether to refuse what training cannot use: a single class, classes without images, and images without a class (default:
   * `required`). With `optional`, they are accepted, and images without a class are all in train.
   */
  readonly labels?: 'required' | 'optional' | undefined;
  /**
   * Regular expression with one group, the label, for file names in folders without class folders: `^(.+)_\\d+` for
   * Abyssinian_1.jpg.
   */
  readonly labelPattern?: string | undefined;
}
