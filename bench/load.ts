import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";

/**
 * A load generator in its own process: keep-alive connections that send one GET after another on
 * raw sockets, so that what is measured is the server. Bounded in connections and time.
 * Usage: load.ts PORT PATH CONNECTIONS MILLISECONDS [identity|gzip [HOST]]; prints requests a second.
 * With a host it speaks TLS.
 */
const [port = "", path = "/", connections = "4", duration = "1000", encoding = "identity", host] =
  process.argv.slice(2);
const request = Buffer.from(
  `GET ${path} HTTP/1.1\r\nHost: ${host ?? "localhost"}\r\nAccept-Encoding: ${encoding}\r\n\r\n`,
);
let answers = 0;
let running = true;

function run(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket =
      host === undefined
        ? connect(Number(port), "127.0.0.1")
        : tlsConnect({
            port: Number(port),
            host: "127.0.0.1",
            servername: host,
            rejectUnauthorized: false,
          });
    let head = Buffer.alloc(0);
    let body = -1;
    socket.on(host === undefined ? "connect" : "secureConnect", () => socket.write(request));
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.on("data", (chunk: Buffer) => {
      if (body >= 0) body -= chunk.length;
      else {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        const length = /content-length: (\d+)/i.exec(head.toString("latin1", 0, end));
        if (length === null) throw new Error("an answer without a length");
        body = Number(length[1]) - (head.length - end - 4);
      }
      if (body > 0) return;
      answers++;
      head = Buffer.alloc(0);
      body = -1;
      if (running) socket.write(request);
      else socket.destroy();
    });
  });
}

const start = performance.now();
setTimeout(() => (running = false), Number(duration));
await Promise.all(Array.from({ length: Number(connections) }, run));
process.stdout.write(`${(answers / (performance.now() - start)) * 1000}\n`);
