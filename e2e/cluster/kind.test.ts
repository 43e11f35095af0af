// What kind is asked for.
import { expect, test } from 'vitest';
import { kafkaNodePort } from './kafka.ts';
import { kindConfig } from './kind.ts';

test('the broker’s node port appears on this machine, and on no other address than its own', () => {
  const { kind, nodes } = JSON.parse(kindConfig);
  expect(kind).toBe('Cluster');
  expect(nodes).toHaveLength(1);
  expect(nodes[0].extraPortMappings).toEqual([
    { containerPort: kafkaNodePort, hostPort: kafkaNodePort, listenAddress: '127.0.0.1' },
  ]);
});
