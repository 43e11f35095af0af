/** Durations and byte sizes as they stand in our resources, read into numbers. The CRDs' patterns make the texts valid. */

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const unitBytes = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 } as const;

/** `500ms`, `30s`, `1h30m` → ms. Throws on any other text: the API server lets none through. */
export function durationMs(text: string): number {
  if (!/^(?:\d{1,6}(?:ms|s|m|h)){1,2}$/.test(text))
    throw new Error(`${JSON.stringify(text)} is not a duration such as 30s`);
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|s|m|h)/g)) {
    total += Number(digits) * unitMs[unit as keyof typeof unitMs];
  }
  return total;
}

/** `512Ki`, `1Mi`, `1000` → bytes. Throws on any other text: the API server lets none through. */
export function byteCount(text: string): number {
  const match = /^([1-9]\d{0,9})(Ki|Mi|Gi)?$/.exec(text);
  if (!match) throw new Error(`${JSON.stringify(text)} is not a number of bytes such as 1Mi`);
  return Number(match[1]) * unitBytes[(match[2] ?? '') as keyof typeof unitBytes];
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes times. */
export function timeText(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
