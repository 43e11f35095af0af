// A door to the Kubernetes API that costs no program start per question: one `kubectl proxy` for the whole run.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeScratch, startChild } from '../cluster/children.ts';
import { untilReady } from '../cluster/readiness.ts';
import { tool } from '../cluster/tools.ts';

export interface ApiDoor {
  /** Without a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

const openWithinMs = 15_000;

export async function openApiDoor(kubeconfig: string): Promise<ApiDoor> {
  const scratch = makeScratch('api-door');
  const logPath = join(scratch.dir, 'log');
  const child = await startChild({
    name: 'kubectl proxy',
    command: await tool('kubectl'),
    args: ['proxy', '--port=0', '--address=127.0.0.1'],
    env: { KUBECONFIG: kubeconfig },
    logPath,
  });
  let url = '';
  await untilReady('kubectl proxy', child, logPath, openWithinMs, async () => {
    const address = /Starting to serve on (127\.0\.0\.1:\d+)/.exec(await readFile(logPath, 'utf8'))?.[1];
    url = `http://${address}`;
    return address !== undefined;
  });
  return {
    url,
    close: async () => {
      await child.stop();
      scratch.dispose();
    },
  };
}
