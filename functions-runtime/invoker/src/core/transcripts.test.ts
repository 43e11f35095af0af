/**
 * Stories of the core, one per file in `transcripts/`: commands and, behind `>`, exactly what the core does then.
 *
 *     # comments                                settings maxRecords=3 maxAttempts=5 …      +300ms (time passes; alarms ring)
 *     gained p0 epoch 3 at 10 [unclean] [attempts 10..12:2@0] [settled 14,16..17] [topic id]
 *     arrived p0 10..12,14 [next 20] [bytes 500]        arrived p0 none next 20        snapshot
 *     answer call 1 ok | ok +2 | verdicts ok ok+2 retry not-run reject ok*3 | failed 500 | timeout | rejected 400
 *                   | refused stale | unavailable no-ready-pod [5s]
 *     written 2 ok | failed REASON          committed p0 13 [ok | refused | failed] [epoch 3]
 *     draining p0 within 20s                lost p0                function-available     skip p0 12     retry p0 12
 *
 * `p0@3` is partition 0 under epoch 3; `12.0` the first output of record 12; `12:2@100` record 12 failed twice, first at 100 ms (`-`: never in a call). To take over new traces deliberately: set REWRITE_TRANSCRIPTS=1, then
 * read the difference. That is refused where CI is set.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { play } from './transcripts/trace.ts';

const folder = join(import.meta.dirname, 'transcripts');
const stories = readdirSync(folder).filter((file) => file.endsWith('.txt'));
const rewrite = process.env.REWRITE_TRANSCRIPTS === '1';

describe('transcripts', () => {
  it('are rewritten by hand only', () => {
    expect(rewrite && process.env.CI !== undefined, 'REWRITE_TRANSCRIPTS is refused in CI').toBe(false);
  });

  it.each(stories)('%s', (story) => {
    const path = join(folder, story);
    const text = readFileSync(path, 'utf8');
    const played = play(text);
    if (rewrite && process.env.CI === undefined) writeFileSync(path, played);
    else expect(played).toBe(text);
  });
});
