// `make check`: types, lint and format, tree rules, generated files fresh; all at once, each with its time.
import { spawn } from 'node:child_process';

const checks: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['types', 'tsc', ['--noEmit', '-p', '.']],
  ['lint and format', 'biome', ['check', '--error-on-warnings', '.']],
  ['tree rules', 'vitest', ['run', '--project', 'unit', 'tidy.test.ts']],
  ['generated files', 'node', ['crds/generate.ts', '--check']],
];

const run = (name: string, command: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const startedMs = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      const elapsed = ((performance.now() - startedMs) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✓' : '✗'} ${name} (${elapsed} s)`);
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });

const passed = await Promise.all(checks.map(([name, command, args]) => run(name, command, args)));
process.exit(passed.every(Boolean) ? 0 : 1);
