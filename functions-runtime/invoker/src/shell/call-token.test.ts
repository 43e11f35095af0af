/** A token is read again after a while, and kept when its file is away. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { callTokenOf } from './call-token.ts';

it('is read again after a minute, and kept when its file is away', () => {
  const dir = mkdtempSync(join(tmpdir(), 'call-token-'));
  try {
    const path = join(dir, 'token');
    let nowMs = 5;
    const token = callTokenOf(path, () => nowMs);
    expect(token()).toBeUndefined();
    writeFileSync(path, 'one\n');
    nowMs += 60_000;
    expect(token()).toBe('one');
    writeFileSync(path, 'two\n');
    expect(token()).toBe('one');
    nowMs += 60_000;
    expect(token()).toBe('two');
    rmSync(path);
    nowMs += 60_000;
    expect(token()).toBe('two');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
