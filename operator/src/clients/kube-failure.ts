/** Why a request to the API server did not succeed, as a value: what it means and whether to try again. Pure. */

export interface KubeFailure {
  readonly kind: 'failed';
  /** The API server's reason (`Conflict`, `Invalid`, `NamespaceTerminating` …) or `Unreachable`, `Timeout`. */
  readonly code: string;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  readonly message: string;
  /** The same request may succeed later without anybody's help. */
  readonly retriable: boolean;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number;
}

export type KubeResult<T> = { readonly kind: 'ok'; readonly value: T } | KubeFailure;

interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string }[];
  };
}

const messageMax = 1_000;

/** An answer that is not 2xx. `retryAfter`: the header, in seconds. */
export function failureOfAnswer(status: number, body: string, retryAfter: string | undefined): KubeFailure {
  const said = parseStatus(body);
  const seconds = Number(retryAfter ?? said.details?.retryAfterSeconds);
  const terminating = said.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
  const retriable = status === 429 || status >= 500;
  return {
    kind: 'failed',
    code: terminating ? 'NamespaceTerminating' : said.reason || `Http${status}`,
    status,
    message: (said.message || body || `HTTP ${status}`).slice(0, messageMax),
    retriable,
    ...(retriable && Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  };
}

/** No answer: nobody listens, the connection broke, or it took too long. */
export function failureOfError(error: unknown): KubeFailure {
  const name = error instanceof Error ? error.name : '';
  const timedOut = name === 'TimeoutError' || name === 'AbortError';
  return {
    kind: 'failed',
    code: timedOut ? 'Timeout' : 'Unreachable',
    message: describe(error).slice(0, messageMax),
    retriable: true,
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch hides the socket's error in `cause`.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function parseStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Status) : {};
  } catch {
    return {};
  }
}
