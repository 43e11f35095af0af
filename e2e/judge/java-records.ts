/** Kafka's own Java client as a second judge: it writes records exactly as they are told, and tells exactly what it reads. */
import { join } from 'node:path';
import { must } from '../cluster/commands.ts';
import { javaCommand, kafkaLibs } from '../cluster/tools.ts';

export interface JavaRecord {
  readonly partition: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Names are texts to Java. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
}
export interface JavaRead extends JavaRecord {
  readonly offset: number;
}

const program = new URL('RecordLines.java', import.meta.url).pathname;
const timeoutMs = 90_000;

/** One after the other: their order in the topic is that of the list. */
export async function javaWrites(bootstrap: string, topic: string, records: readonly JavaRecord[]): Promise<void> {
  const lines = records.map(({ partition, timestampMs, key, value, headers }) =>
    [
      ...[partition, '-', timestampMs, wordOf(key), wordOf(value)],
      ...headers.map(([name, bytes]) => `${wordOf(Buffer.from(name))}:${wordOf(bytes)}`),
    ].join(' '),
  );
  await java(['write', bootstrap, topic], lines.join('\n'));
}

/** The first `count` records of the topic. */
export async function javaReads(bootstrap: string, topic: string, count: number): Promise<JavaRead[]> {
  const text = await java(['read', bootstrap, topic, String(count)]);
  return text.trim().split('\n').map(recordOf);
}

async function java(args: readonly string[], stdin = ''): Promise<string> {
  const [command, libs] = await Promise.all([javaCommand(), kafkaLibs()]);
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  return must(command, [...options, logging, '-cp', join(libs, '*'), program, ...args], { stdin, timeoutMs });
}

function recordOf(line: string): JavaRead {
  const [partition, offset, timestampMs, key, value, ...headers] = line.split(' ');
  return {
    partition: Number(partition),
    offset: Number(offset),
    timestampMs: Number(timestampMs),
    key: bytesOf(key!),
    value: bytesOf(value!),
    headers: headers.map((word) => {
      const [name, bytes] = word.split(':') as [string, string];
      return [String(bytesOf(name)), bytesOf(bytes)] as const;
    }),
  };
}

const wordOf = (bytes: Buffer | null): string => (bytes === null ? 'null' : `=${bytes.toString('base64')}`);
const bytesOf = (word: string): Buffer | null => (word === 'null' ? null : Buffer.from(word.slice(1), 'base64'));
