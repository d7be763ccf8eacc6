const textOid = 25;
const headerBytes = 20;

/**
 * A `text[]` parameter in PostgreSQL's binary format, which `pg` sends as it is. The text format would escape
 * every quote of every JSON text here and undo it there.
 */
export function textArray(values: readonly string[]): Buffer {
  if (values.length === 0) return Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, textOid]);
  let size = headerBytes;
  for (const value of values) size += 4 + Buffer.byteLength(value);
  const buffer = Buffer.allocUnsafe(size);
  let at = buffer.writeInt32BE(1, 0); // dimensions
  at = buffer.writeInt32BE(0, at); // no nulls
  at = buffer.writeInt32BE(textOid, at);
  at = buffer.writeInt32BE(values.length, at);
  at = buffer.writeInt32BE(1, at); // subscripts count from 1
  for (const value of values) {
    const written = buffer.write(value, at + 4);
    buffer.writeInt32BE(written, at);
    at += 4 + written;
  }
  return buffer;
}

/** An `integer[]` parameter. */
export function integerArray(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}
