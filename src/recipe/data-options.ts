// The options that choose images: which data set, from where, how many, and how tables and names are read.

import { type ChoicesOf, choice, flag, type OptionTable, option, text } from '../base/option.ts';
import { dataSetNames } from '../data/sources.ts';

const DATA = 'Data options:';

export const dataOptions = {
  data: option(
    text,
    'data set',
    `images: ${dataSetNames.join(', ')} (a folder with one sub-folder per class, a table of paths and labels)`,
    { placeholder: 'name', group: 'Options:', resume: 'changeable' },
  ),
  dataDir: option(
    text,
    'data folder',
    'folder with the files of a published data set; disables downloading',
    { resume: 'changeable', group: DATA },
  ),
  subset: option(text, 'subset', 'use the first images of each split: train=1000,valid=200,test=200', {
    placeholder: 'counts',
    group: DATA,
  }),
  fold: option(text, 'fold', 'cross-validation: validate on fold i of k, train on the others', {
    placeholder: 'i/k',
    group: DATA,
  }),
  unreadable: option(
    choice(['stop', 'skip']),
    'action for unreadable images',
    'what to do about unreadable image files; skip decodes all first',
    { defaultText: 'stop', placeholder: 'action', group: DATA },
  ),
  encoding: option(text, 'table encoding', 'encoding of a table, such as latin1, windows-1251 or shift_jis', {
    defaultText: 'utf-8',
    placeholder: 'name',
    group: DATA,
  }),
  imageColumn: option(text, 'image column', 'column of a table with image names, by name or number', {
    defaultText: 'detected by looking for the files',
    group: DATA,
  }),
  labelColumn: option(text, 'label column', 'column of the labels, or one-hot columns A,B,C', {
    defaultText: 'detected by name',
    placeholder: 'columns',
    group: DATA,
  }),
  splitColumn: option(
    text,
    'split column',
    'column of the splits; COLUMN=VALUE: validation rows; none: random split',
    { defaultText: 'detected by name', group: DATA },
  ),
  imageDir: option(text, 'image folder', "folder of a table's images", {
    defaultText: 'found beside the table',
    resume: 'changeable',
    group: DATA,
  }),
  extension: option(text, 'image extension', "extension of a table's images, such as .png", {
    defaultText: 'detected by looking for the files',
    group: DATA,
  }),
  labelPattern: option(
    text,
    'label pattern',
    "labels from file names: a regular expression with one group: '^(.+)_\\d+'",
    { placeholder: 'regex', group: DATA },
  ),
  splitFolders: option(
    text,
    'split folders',
    'sub-folders that are splits: train=A,test=B; none: all are classes',
    { defaultText: 'recognized by name', group: DATA },
  ),
  followLinks: option(flag, 'follow links', 'follow symbolic links that lead out of a folder of images', {
    group: DATA,
  }),
  valueRange: option(text, 'value range', 'black and white of images with more than 8 bits, such as 0,4095', {
    defaultText: '0,65535',
    placeholder: 'black,white',
    group: DATA,
  }),
} as const satisfies OptionTable;

/** What determines the images of a command. */
export type DataChoice = Omit<ChoicesOf<typeof dataOptions>, 'data'> & { readonly data: string };
