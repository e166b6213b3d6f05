import { describe, expect, it } from "vitest";
import { readBody } from "../../../src/gitlab-pages/hooks/body.ts";

const LONG = 60_000;

function post(body: NonNullable<RequestInit["body"]> | undefined, headers = {}): Request {
  const init = { method: "POST", headers, duplex: "half" as const };
  return new Request("http://localhost/", body === undefined ? init : { ...init, body });
}

function chunks(...parts: Uint8Array[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

describe("a body", () => {
  it("is read as it came, in however many pieces", async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x7b]);
    const pieces = chunks(bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1));
    expect(await readBody(post(pieces), 4, LONG)).toEqual(bytes);
    expect(await readBody(post(undefined), 4, LONG)).toHaveLength(0);
  });

  it("that is too large is not read on, whether it says so or not", async () => {
    const five = new Uint8Array(5);
    expect(await readBody(post(five, { "Content-Length": "5" }), 4, LONG)).toBe("too_large");
    expect(await readBody(post(chunks(five)), 4, LONG)).toBe("too_large");
    expect(await readBody(post(chunks(five)), 5, LONG)).toHaveLength(5);
  });

  it("that breaks off or never ends is given up", async () => {
    for (const headers of [{}, { "Content-Length": "2" }]) {
      const broken = new ReadableStream({ pull: (from) => from.error(new Error("reset")) });
      expect(await readBody(post(broken, headers), 4, LONG)).toBe("cut_off");
      const endless = new ReadableStream({ start: (from) => from.enqueue(new Uint8Array(1)) });
      expect(await readBody(post(endless, headers), 4, 5)).toBe("cut_off");
    }
  });
});
