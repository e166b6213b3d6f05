import type { Socket } from "node:net";

/** The client's address as a proxy reports it. */
export interface ProxySource {
  readonly address: string;
  readonly port: number;
}

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const fixedLength = 16;

/**
 * Takes a PROXY protocol v2 header off the beginning of a connection and leaves the rest to be
 * read. Source: "The PROXY protocol, versions 1 & 2", section 2.2. TCP over IPv4 only.
 * @throws Error when the connection begins with anything else
 */
export function readProxyHeader(socket: Socket): Promise<ProxySource> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const finish = (act: () => void) => {
      socket.off("readable", read);
      socket.off("end", ended);
      act();
    };
    const ended = () => finish(() => reject(new Error("the connection ended early")));
    const read = () => {
      let chunk: Buffer | null;
      while ((chunk = socket.read() as Buffer | null)) received = Buffer.concat([received, chunk]);
      const start = received.subarray(0, signature.length);
      if (!signature.subarray(0, start.length).equals(start))
        return finish(() => reject(new Error("no PROXY protocol v2 header")));
      if (received.length < fixedLength) return;
      const end = fixedLength + received.readUInt16BE(14);
      if (received.length < end) return;
      finish(() => {
        socket.unshift(received.subarray(end));
        if (received[12] !== 0x21 || received[13] !== 0x11)
          return reject(new Error("not a proxied TCP connection over IPv4"));
        const address = [...received.subarray(fixedLength, fixedLength + 4)].join(".");
        resolve({ address, port: received.readUInt16BE(fixedLength + 8) });
      });
    };
    socket.on("readable", read);
    socket.once("end", ended);
  });
}
