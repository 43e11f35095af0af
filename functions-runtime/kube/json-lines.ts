/** Cuts a byte stream into JSON values, one per line, over chunk borders and with a limit on the length of a line. */

const newline = 0x0a;

export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

export interface JsonLines {
  /** The values that this chunk completes, in order. Throws `LineTooLong` or `SyntaxError`: the stream is then useless. */
  take(chunk: Buffer): unknown[];
}

/** `maxLineBytes`: a longer line ends the stream instead of filling the memory. */
export function jsonLines(maxLineBytes: number): JsonLines {
  let parts: Buffer[] = [];
  let bytes = 0;
  const add = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > maxLineBytes) throw new LineTooLong(`a line of more than ${maxLineBytes} bytes`);
    if (part.length > 0) parts.push(part);
  };
  const finish = (): string => {
    const line = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, bytes);
    parts = [];
    bytes = 0;
    return line.toString('utf8');
  };
  return {
    take(chunk) {
      const values: unknown[] = [];
      let start = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
        add(chunk.subarray(start, end));
        start = end + 1;
        const line = finish();
        if (line.trim() !== '') values.push(JSON.parse(line));
      }
      add(chunk.subarray(start));
      return values;
    },
  };
}
