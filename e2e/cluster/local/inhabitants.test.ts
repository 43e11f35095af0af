// Which processes are taken for the node and its programs, and which are left alone.
import { describe, expect, test } from 'vitest';
import { asNode, type Inhabitant, inhabitants, parsePids, parseUid, running } from './inhabitants.ts';

const first: Inhabitant = {
  pid: 4100,
  argv: ['headrace-node', '/home/ada/.local/state/headrace', '2a390d2aa1a7492c'],
  startTime: '88100',
  pidNamespace: 'pid:[4026532245]',
  pids: [4100, 1],
  uid: 0,
};

describe('a node is known', () => {
  test('by its name and by being process 1 of a namespace below the machine', () => {
    const node = asNode(first);
    expect(node).toMatchObject({
      pid: 4100,
      stateDir: '/home/ada/.local/state/headrace',
      programs: '2a390d2aa1a7492c',
    });
  });

  test.each([
    ['a program that only mentions the name', { argv: ['vi', 'headrace-node', '/x'] }],
    ['a process of that name in the machine itself', { pids: [4100] }],
    ['a child of the first process', { pids: [4101, 2] }],
    ['one that a user started in a namespace of theirs', { uid: 1000 }],
    ['one without the folder of its state', { argv: ['headrace-node'] }],
  ])('not: %s', (_, change: Partial<Inhabitant>) => {
    expect(asNode({ ...first, ...change })).toBeUndefined();
  });
});

describe('a program of the node', () => {
  const node = asNode(first)!;
  const etcd: Inhabitant = {
    ...first,
    pid: 4200,
    argv: ['/var/lib/headrace/bin/etcd', '--name=headrace'],
    pids: [4200, 9],
  };

  test('is found by its path in the node’s own namespace', () => {
    expect(running('/var/lib/headrace/bin/etcd', node, [first, etcd])).toEqual([etcd]);
  });

  test('is not one of the same path elsewhere: on the machine, in a container, in another node', () => {
    const machine = { ...etcd, pidNamespace: 'pid:[4026531836]', pids: [4200] };
    const container = { ...etcd, pidNamespace: 'pid:[4026532999]', pids: [4200, 9, 1] };
    expect(running('/var/lib/headrace/bin/etcd', node, [machine, container])).toEqual([]);
  });
});

test('the pids of a process are read from its status', () => {
  expect(parsePids('Name:\tetcd\nPid:\t4200\nNSpid:\t4200\t9\t1\nVmPeak:\t1 kB\n')).toEqual([4200, 9, 1]);
  expect(parsePids('Name:\tetcd\n')).toEqual([]);
});

test('the user of a process is the one that acts', () => {
  expect(parseUid('Name:\tetcd\nUid:\t1000\t0\t0\t0\n')).toBe(0);
  expect(parseUid('Name:\tetcd\n')).toBe(-1);
});

test.runIf(process.platform === 'linux')('this very process is among the inhabitants, and is no node', () => {
  const self = inhabitants().find(({ pid }) => pid === process.pid);
  expect(self?.argv[0]).toContain('node');
  expect(self?.pids[0]).toBe(process.pid);
  expect(asNode(self!)).toBeUndefined();
});
