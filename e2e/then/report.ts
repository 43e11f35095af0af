// What an invoker tells of itself: its report, and its log.
import { type InvokerReport, invokerPort, reportPath } from '#contract/invoker-report.ts';
import type { Kubernetes } from '../given/kubernetes.ts';
import { eventually } from './eventually.ts';

/** Waits until the invoker in that pod says so; while it does not answer it has not said so. */
export async function reports(
  kubernetes: Kubernetes,
  what: string,
  pod: string,
  { withinMs }: { readonly withinMs: number },
  isSo: (report: InvokerReport) => boolean,
): Promise<InvokerReport> {
  return eventually(`${pod} reports ${what}`, { withinMs, everyMs: 100 }, () => reportOf(kubernetes, pod), isSo);
}

export const reportOf = async (kubernetes: Kubernetes, pod: string): Promise<InvokerReport> =>
  JSON.parse(await kubernetes.askPod(pod, invokerPort, reportPath));

/** Lines of the pod's process that runs now. */
export async function logOf(kubernetes: Kubernetes, pod: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await kubernetes.kubectl(['logs', pod]);
  if (code !== 0) throw new Error(`the log of ${pod} cannot be read: ${stderr.trim()}`);
  return stdout.trimEnd().split('\n');
}
