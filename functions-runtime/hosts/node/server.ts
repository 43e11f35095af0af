/** The HTTP server of a host: which path leads where, and how connections are kept. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Answer } from './answers.ts';
import * as answers from './answers.ts';
import { BodyReader } from './body.ts';
import { answerCall, type CallRoom, codeProblem, cutSuperseded } from './calls.ts';
import { wholeNumber } from './coordinates.ts';
import type { AnnouncedEpochs } from './guard.ts';
import { announcePath, invokePath, livePath, metricsPath, readyPath } from './protocol.ts';

export interface HostState {
  stopping: boolean;
  /** Unix ms of the newest call, admitted or not; 0 before the first. */
  lastCallMs: number;
}

/** Longer than any invoker keeps an idle connection: the caller closes first, so no call meets a closing socket. */
const keepAliveMs = 75_000;
const receiveMs = 60_000;
/** A thousand single offsets of 16 digits fit. */
const maxHeaderBytes = 64 * 1024;
const maxConnections = 1_000;
const maxAnnounceBytes = 1024 * 1024;

export function createHostServer(room: CallRoom, state: HostState): Server {
  const announcements = new BodyReader(maxAnnounceBytes, 4 * maxAnnounceBytes);
  const options = {
    keepAliveTimeout: keepAliveMs,
    requestTimeout: receiveMs,
    headersTimeout: receiveMs,
    maxHeaderSize: maxHeaderBytes,
  };
  const server = createServer(options, (request, response) => {
    route(room, state, announcements, request, response).then(
      (answer) => answer && send(response, answer, state.stopping),
      (error: unknown) => {
        room.log.error('the host failed', { error });
        send(response, answers.functionFailed('the host failed, see its log'), true);
      },
    );
  });
  server.maxConnections = maxConnections;
  return server;
}

async function route(
  room: CallRoom,
  state: HostState,
  announcements: BodyReader,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer | null> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const method = request.method ?? '';
  const allow = path === invokePath || path === announcePath ? 'POST' : 'GET';
  if (path === invokePath) state.lastCallMs = room.now();
  switch (path) {
    case invokePath:
    case announcePath: {
      if (method !== allow) return answers.wrongMethod(method, allow);
      const why = await room.callers.refusalOf(request.headers.authorization);
      if (why !== null) return unauthorized(room, why);
      return path === invokePath ? answerCall(room, request, response) : announce(room, announcements, request);
    }
    case livePath:
      return answers.text(200, 'alive\n');
    case readyPath:
      return readiness(room, state);
    case metricsPath:
      return answers.text(200, room.metrics.text(room.guard.inFlight));
    default:
      return answers.notFound(path);
  }
}

function unauthorized(room: CallRoom, why: string): Answer {
  room.metrics.call('unauthorized');
  room.log.warn('a caller was turned away', { why });
  return answers.refused('unauthorized', why);
}

function readiness(room: CallRoom, state: HostState): Answer {
  if (state.stopping) return answers.stopping();
  const code = room.code();
  return code?.kind === 'loaded' ? answers.text(200, 'ready\n') : codeProblem(code);
}

async function announce(room: CallRoom, announcements: BodyReader, request: IncomingMessage): Promise<Answer | null> {
  const body = await announcements.read(request);
  if (body.kind === 'broken') return null;
  if (body.kind === 'too-large') return answers.refused('too-large', `an announcement may have ${body.maxBytes} bytes`);
  if (body.kind === 'no-room') return answers.refused('busy', 'other announcements are being read');
  const announced = readAnnouncement(body.bytes.toString('utf8'));
  if (typeof announced === 'string') return answers.malformed('BODY_NOT_EVENTS', announced);
  return takeAnnouncement(room, announced);
}

function takeAnnouncement(room: CallRoom, announced: AnnouncedEpochs): Answer {
  const kept = room.guard.announce(announced);
  cutSuperseded(room);
  return kept ? answers.nothing : answers.refused('busy', 'this host keeps no more epochs');
}

/** `{"binding": "ns/name", "epochs": {"<partition>": <epoch>}}`, or what is wrong with it. */
function readAnnouncement(text: string): AnnouncedEpochs | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return `the announcement is not JSON: ${(error as Error).message}`;
  }
  const { binding, epochs } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<string, unknown>;
  if (typeof binding !== 'string' || binding === '') return 'the announcement names no binding';
  if (typeof epochs !== 'object' || epochs === null) return 'the announcement has no epochs';
  const known = new Map<number, number>();
  for (const [key, epoch] of Object.entries(epochs)) {
    const partition = wholeNumber(key);
    if (partition === null || !Number.isSafeInteger(epoch) || (epoch as number) < 0) {
      return `the epoch of partition ${JSON.stringify(key)} is not a whole number`;
    }
    known.set(partition, epoch as number);
  }
  return { binding, epochs: known };
}

function send(response: ServerResponse, answer: Answer, close: boolean): void {
  if (response.destroyed || response.headersSent) return;
  const length = answer.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, { ...answer.headers, ...length, ...(close ? { connection: 'close' } : {}) });
  response.end(answer.body);
}
