// Image formats that cannot be decoded, told by a file's extension, and what to do about them.

const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  HEIC: ['.heic', '.heif', '.hif', '.heics', '.heifs'],
  'camera raw': ['.arw', '.cr2', '.cr3', '.dng', '.nef', '.orf', '.pef', '.raf', '.raw', '.rw2', '.srw'],
  'JPEG XL': ['.jxl'],
  'JPEG 2000': ['.j2k', '.jp2', '.jpf', '.jpx'],
  Netpbm: ['.pbm', '.pgm', '.pnm', '.ppm'],
  Photoshop: ['.psb', '.psd'],
  Targa: ['.tga'],
  DICOM: ['.dcm', '.dicom'],
  NIfTI: ['.nii'],
  OpenEXR: ['.exr'],
  SVG: ['.svg'],
};

const formatOfExtension = new Map(
  Object.entries(FOREIGN).flatMap(([format, extensions]) =>
    extensions.map((extension) => [extension, format]),
  ),
);

/** `HEIC` for `.heic`; undefined if files of this extension can be read, or are not images. */
export function foreignFormat(extension: string): string | undefined {
  return formatOfExtension.get(extension.toLowerCase());
}

/** How to get images of this format read, an imperative without a full stop. */
export function conversionAdvice(format: string): string {
  if (format !== 'HEIC') return 'convert them to PNG or JPEG';
  return 'convert them to JPEG, for example with `heif-convert IN.heic OUT.jpg` (libheif), or `sips -s format jpeg IN.heic --out OUT.jpg` on a Mac';
}
