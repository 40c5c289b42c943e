/**
 * Sends a request over a dispatcher of undici, and gives its answer as soon as the head is there, with a
 * body that is still to be read. It judges neither.
 */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { AnswerBody } from "./answer-body";

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AnswerBody;
}

/**
 * @param onInterim - Told of each answer that only says to wait (1xx).
 * @throws What the connection or the parser threw, or the reason of the signal.
 */
export function receiveAnswer(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
  onInterim: () => void,
): Promise<ReceivedAnswer> {
  return new Promise((resolve, reject) => {
    let begun: Dispatcher.DispatchController | undefined;
    let body: AnswerBody | undefined;
    const abort = (): void => {
      const reason = signal.reason as Error;
      if (body === undefined) begun?.abort(reason);
      else body.destroy(reason);
      // One that still waits for its connection ends only when it has it; nobody has to wait for that.
      reject(reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    const end = (failure?: Error): void => {
      signal.removeEventListener("abort", abort);
      body?.end(failure);
    };
    dispatcher.dispatch(request, {
      onRequestStart: (controller) => {
        begun = controller;
        if (signal.aborted) abort();
      },
      onResponseStart: (controller, status, headers) => {
        if (status < 200) {
          onInterim();
          return;
        }
        body = new AnswerBody(controller);
        resolve({ status, headers, body });
      },
      onResponseData: (_, piece) => {
        body?.push(piece);
      },
      onResponseEnd: () => {
        end();
      },
      onResponseError: (_, error) => {
        end(error);
        if (request.body instanceof Readable) request.body.destroy(error);
        reject(error);
      },
    });
  });
}
