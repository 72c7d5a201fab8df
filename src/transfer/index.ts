// Import of weights from other frameworks, and export of checkpoints.

export { type Exported, type ExportOptions, exportCheckpoint } from './export.ts';
export { type Imported, type ImportOptions, type ImportReport, importWeights } from './import.ts';
export { type Mismatch, mapWeights, type WeightMapping } from './mapping.ts';
export { importedPreprocessing, type PixelStatistics } from './preprocessing.ts';
