// Options of opening a folder of images.
import type { DecodeSettings } from '../../image/decode.ts';
import type { SplitOptions } from '../split.ts';
import type { LayoutOptions } from './layout.ts';
import type { WalkOptions } from './walk.ts';

/** The only class of images that have none. */
export const UNLABELED = 'unlabelled';

export interface FolderOptions
  extends SplitOptions,
    DecodeSettings,
    WalkOptions,
    Pick<LayoutOptions, 'splitFolders'> {
  /**
   * The classes to use, in order, for example those of a checkpoint. The folder may then lack some of them, but have
   * no others. By default the sorted names of the sub-folders are the classes.
   */
  readonly classes?: readonly string[] | undefined;
  /**
   * Whether what training cannot use is refused, which is the default: a single class, one without images, and images
   * of no class. Where labels are optional these are taken as they are, and images of no class are all in train.
   */
  readonly labels?: 'required' | 'optional' | undefined;
  /**
   * Regular expression with one group that finds the label in the name of a file, for folders without sub-folders of classes,
   * such as `^(.+)_\\d+` for Abyssinian_1.jpg.
   */
  readonly labelPattern?: string | undefined;
}
