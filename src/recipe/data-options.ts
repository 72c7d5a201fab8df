// The options that choose images: which data set, from where, how many, and how tables and names are read.
import type { ChoicesOf, OptionTable } from '../base/option.ts';
import { dataSetNames } from '../data/sources.ts';

const text = { kind: { type: 'text' }, group: 'Data options:' } as const;

export const dataOptions = {
  data: {
    ...text,
    label: 'data set',
    help: `images: ${dataSetNames.join(', ')} (a folder with one sub-folder per class, a table of paths and labels)`,
    placeholder: 'name',
    group: 'Options:',
    resume: 'changeable',
  },
  dataDir: {
    ...text,
    label: 'data folder',
    help: 'folder with the files of a published data set; disables downloading',
    placeholder: 'folder',
    resume: 'changeable',
  },
  subset: {
    ...text,
    label: 'subset',
    help: 'use the first images of each split: train=1000,valid=200,test=200',
    placeholder: 'counts',
  },
  fold: {
    ...text,
    label: 'fold',
    help: 'cross-validation: validate on fold i of k, train on the others',
    placeholder: 'i/k',
  },
  unreadable: {
    label: 'action for unreadable images',
    kind: { type: 'choice', choices: ['stop', 'skip'] },
    help: 'what to do about unreadable image files; skip decodes all first',
    defaultText: 'stop',
    placeholder: 'action',
    group: text.group,
  },
  encoding: {
    ...text,
    label: 'table encoding',
    help: 'encoding of a table, such as latin1, windows-1251 or shift_jis',
    defaultText: 'utf-8',
    placeholder: 'name',
  },
  imageColumn: {
    ...text,
    label: 'image column',
    help: 'column of a table with image names, by name or number',
    defaultText: 'detected by looking for the files',
    placeholder: 'column',
  },
  labelColumn: {
    ...text,
    label: 'label column',
    help: 'column of the labels, or one-hot columns A,B,C',
    defaultText: 'detected by name',
    placeholder: 'columns',
  },
  splitColumn: {
    ...text,
    label: 'split column',
    help: 'column of the splits; COLUMN=VALUE: validation rows; none: random split',
    defaultText: 'detected by name',
    placeholder: 'column',
  },
  imageDir: {
    ...text,
    label: 'image folder',
    help: "folder of a table's images",
    defaultText: 'found beside the table',
    placeholder: 'folder',
    resume: 'changeable',
  },
  extension: {
    ...text,
    label: 'image extension',
    help: "extension of a table's images, such as .png",
    defaultText: 'detected by looking for the files',
    placeholder: 'extension',
  },
  labelPattern: {
    ...text,
    label: 'label pattern',
    help: "labels from file names: a regular expression with one group: '^(.+)_\\d+'",
    placeholder: 'regex',
  },
  splitFolders: {
    ...text,
    label: 'split folders',
    help: 'sub-folders that are splits: train=A,test=B; none: all are classes',
    defaultText: 'recognized by name',
    placeholder: 'folders',
  },
  followLinks: {
    label: 'follow links',
    kind: { type: 'flag' },
    help: 'follow symbolic links that lead out of a folder of images',
    group: text.group,
  },
  valueRange: {
    ...text,
    label: 'value range',
    help: 'black and white of images with more than 8 bits, such as 0,4095',
    defaultText: '0,65535',
    placeholder: 'black,white',
  },
} as const satisfies OptionTable;

/** What determines the images of a command. */
export type DataChoice = Omit<ChoicesOf<typeof dataOptions>, 'data'> & { readonly data: string };
