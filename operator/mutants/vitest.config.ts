// The tests that must notice a mutant: those of scaling alone.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['operator/src/scale/*.test.ts'] } });
