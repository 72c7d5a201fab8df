// Image formats that cannot be decoded, recognized by a file's extension or content, and what to do about them.

const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
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
  Object.entries(UNSUPPORTED).flatMap(([format, extensions]) =>
    extensions.map((extension) => [extension, format]),
  ),
);

/** `HEIC` for `.heic`; undefined if files of this extension can be read, or are not images. */
export function unsupportedFormat(extension: string): string | undefined {
  return formatOfExtension.get(extension.toLowerCase());
}

/** Brands of HEIC files (ISO/IEC 23008-12, annex B), and of camera raw files by Canon. */
const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs'];
const AVIF_BRANDS = ['avif', 'avis'];
const RAW_BRANDS = ['crx '];
const MAX_BRANDS = 64;

/** The same by the content of a file, whatever its name; undefined for content that may be decoded. */
export function unsupportedContent(bytes: Uint8Array): string | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = file.toString('latin1', 0, 12);
  if (start.startsWith('\xff\x0a') || start.endsWith('JXL \r\n\x87\n')) return 'JPEG XL';
  if (start.startsWith('\xff\x4f\xff\x51') || start.endsWith('jP  \r\n\x87\n')) return 'JPEG 2000';
  const brands = brandsOf(file);
  const hasOne = (known: readonly string[]) => brands.some((brand) => known.includes(brand));
  if (hasOne(RAW_BRANDS)) return 'camera raw';
  return hasOne(HEIC_BRANDS) && !hasOne(AVIF_BRANDS) ? 'HEIC' : undefined;
}

/** The brands that a file in an ISO media container names in its first box, `ftyp`. */
function brandsOf(file: Buffer): string[] {
  if (file.length < 16 || file.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(file.readUInt32BE(0), file.length, 16 + 4 * MAX_BRANDS);
  // The major brand, its version, and the compatible brands.
  const brands = [file.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(file.toString('latin1', at, at + 4));
  return brands;
}

/** How to convert images of this format, without a full stop. */
export function conversionAdvice(format: string): string {
  if (format !== 'HEIC') return 'convert such files to PNG or JPEG';
  return 'convert such files to JPEG, for example with `heif-convert a.heic a.jpg`, or on a Mac `sips -s format jpeg a.heic --out a.jpg`';
}
