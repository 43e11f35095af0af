// Manifests are filled completely, and a change of configuration changes what replaces the pods.
import { expect, test } from 'vitest';
import { fill, manifest, stampedManifest } from './manifests.ts';

const kafka = { KAFKA_EXTERNAL: '198.18.255.2:30094', KAFKA_IMAGE: 'headrace/kafka:1', KAFKA_NODE_PORT: '30094' };
const stampOf = (text: string) => /headrace\.dev\/configuration: "([0-9a-f]+)"/.exec(text)?.[1];

test('a placeholder without a value, or a value without a place, is a mistake', () => {
  expect(fill(`image: \${IMAGE}`, { IMAGE: 'a:1' })).toBe('image: a:1');
  expect(() => fill(`image: \${IMAGE}`, {})).toThrow('asks for IMAGE');
  expect(() => fill('image: a', { IMAGE: 'a:1' })).toThrow('no place for IMAGE');
});

test('Kafka tells this machine the address that it is reached by', async () => {
  const text = await stampedManifest('kafka.yaml', kafka);
  expect(text).toContain('EXTERNAL://198.18.255.2:30094');
  expect(text).toContain('nodePort: 30094');
});

test('another configuration replaces the pods, the same one does not', async () => {
  const [one, same, other] = await Promise.all([
    stampedManifest('kafka.yaml', kafka),
    stampedManifest('kafka.yaml', kafka),
    stampedManifest('kafka.yaml', { ...kafka, KAFKA_EXTERNAL: '127.0.0.1:30094' }),
  ]);
  expect(stampOf(one)).toMatch(/^[0-9a-f]{12}$/);
  expect(stampOf(same)).toBe(stampOf(one));
  expect(stampOf(other)).not.toBe(stampOf(one));
});

test.each(['kafka.yaml', 'coredns.yaml'])('%s asks for what the restricted standard asks of pods', async (file) => {
  const values = file === 'kafka.yaml' ? kafka : { COREDNS_IMAGE: 'c:1', DNS_ADDRESS: '198.19.0.10' };
  const text = await manifest(file, { ...values, CONFIGURATION: '' });
  for (const line of ['runAsNonRoot: true', 'allowPrivilegeEscalation: false', 'type: RuntimeDefault', 'drop: [ALL]']) {
    expect(text).toContain(line);
  }
});
