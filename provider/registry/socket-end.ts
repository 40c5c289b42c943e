/**
 * Lets a server hang up at any moment. undici 7 takes for granted that it never waits for its reader
 * when a connection ends that was not to be kept, and throws where nobody can catch it. Parses nothing.
 *
 * Rule: https://github.com/nodejs/undici/issues/5360 (repaired in undici 8, which needs Node 22)
 */
import type { Socket } from "node:net";
import type { buildConnector as Connectors } from "undici";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is what it exports
import symbols = require("undici/lib/core/symbols.js");

/** The part of undici's parser that is touched. */
interface Parser {
  paused: boolean;
  resume(): void;
}

/** The same connector, of sockets whose parser is never paused when undici hears of their end. */
export function survivingEnd(connect: Connectors.connector): Connectors.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [error, socket] = result;
      // Listeners of ours come before those that undici adds.
      if (error === null) {
        for (const event of ["end", "error", "close"]) {
          socket.on(event, () => {
            settle(socket);
          });
        }
      }
      callback(...result);
    });
  };
}

/** All bytes were handed on by now, or never will be: to wait for the reader keeps nothing back. */
function settle(socket: Socket): void {
  const parser = (socket as Socket & { [symbols.kParser]?: Parser | null })[symbols.kParser];
  if (parser?.paused !== true) return;
  if (!socket.destroyed) parser.resume();
  parser.paused = false;
}
