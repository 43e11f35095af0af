/** The page of figures: one section is replaced, everything else stays. */
import { describe, expect, it } from 'vitest';
import { withSection } from './page.ts';

const page = `# P
words
<!-- measured: a -->
old a
<!-- /measured -->
more words
<!-- measured: b -->
old b
<!-- /measured -->
end
`;

describe('withSection', () => {
  it('replaces one section and leaves the words and the other sections', () => {
    const text = withSection(page, 'a', 'new a');
    expect(text).toContain('<!-- measured: a -->\n\nnew a\n\n<!-- /measured -->\nmore words');
    expect(text).toContain('old b');
    expect(text).not.toContain('old a');
  });

  it('is the same when done twice', () => {
    const once = withSection(page, 'b', 'new b');
    expect(withSection(once, 'b', 'new b')).toBe(once);
  });

  it('names a section that the page does not have', () => {
    expect(() => withSection(page, 'c', 'new')).toThrow('no section "c"');
  });
});
