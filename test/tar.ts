// Small tar archives, for tests.

/** An archive of these files, by their names. */
export function tar(files: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  return Buffer.concat([...files.map(([name, content]) => entry(name, content)), Buffer.alloc(1024)]);
}

function entry(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'utf8');
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        0ustar\0', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding]);
}
