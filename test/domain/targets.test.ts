import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalAddress } from "../../src/domain/addresses.ts";
import { parseTarget, targetUrl } from "../../src/domain/targets.ts";
import { Refusal } from "../../src/errors.ts";

function outcome(text: string): string {
  try {
    return targetUrl(parseTarget(text));
  } catch (error) {
    if (error instanceof Refusal) return `!${error.code}`;
    throw error;
  }
}

describe("a target", () => {
  it.each([
    ["http://10.0.3.7:8080", "http://10.0.3.7:8080"],
    ["http://10.0.3.7", "http://10.0.3.7:80"],
    ["https://10.0.3.7", "https://10.0.3.7:443"],
    ["h2c://10.0.3.7", "h2c://10.0.3.7:80"],
    ["http://10.0.3.7:8080/", "http://10.0.3.7:8080"],
    ["http://10.0.3.7:00080", "http://10.0.3.7:80"],
    ["http://127.0.0.1:1", "http://127.0.0.1:1"],
    ["http://[::1]:9", "http://[::1]:9"],
    ["https://[2001:DB8:0::7]:65535", "https://[2001:db8::7]:65535"],
    ["http://[::ffff:10.0.0.1]:80", "http://10.0.0.1:80"],
    ["http://[::ffff:a00:1]:80", "http://10.0.0.1:80"],
    ["http://[::FFFF:127.0.0.1]:80", "http://127.0.0.1:80"],
    ["http://App.VM.example:9000", "http://app.vm.example:9000"],
    ["http://xn--bcher-kva.example", "http://xn--bcher-kva.example:80"],
  ])("%s is %s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
    expect(outcome(expected)).toBe(expected);
  });

  it.each([
    // No target at all.
    "",
    "10.0.0.1:80",
    "//10.0.0.1",
    "http:10.0.0.1",
    "http:///x",
    "http://",
    "ftp://10.0.0.1",
    "file:///etc/passwd",
    "HTTP://10.0.0.1",
    "ws://10.0.0.1",
    "unix:///run/x.sock",
    "http://10.0.0.1/x",
    "http://10.0.0.1//",
    "http://10.0.0.1?x",
    "http://10.0.0.1#x",
    "http://user@10.0.0.1",
    "http://user:pw@10.0.0.1:80",
    "http://10.0.0.1:",
    "http://10.0.0.1:0",
    "http://10.0.0.1:65536",
    "http://10.0.0.1:99999",
    "http://10.0.0.1:080000",
    "http://10.0.0.1:-1",
    "http://10.0.0.1:8o",
    "http://10.0.0.1:80:80",
    " http://10.0.0.1",
    "http://10.0.0.1 ",
    "http://10.0.0.1\n",
    "http://10.0.0.1\u0000",
    "http://10.0.0.1\\x",
    // Odd spellings of addresses.
    "http://2130706433",
    "http://0x7f.1",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://127.1",
    "http://127.0.1",
    "http://1.2.3.4.",
    "http://1.2.3.256",
    "http://01.2.3.4",
    "http://1.2.3",
    "http://1.2.3.4.5",
    "http://[fe80::1%25eth0]",
    "http://[fe80::1%eth0]",
    "http://[::1",
    "http://[::127.0.0.1]",
    "http://::1",
    "http://[1.2.3.4]x",
    "http://[]",
    "http://[::1]x:80",
    "http://[localhost]:80",
    // Names that are none, or in another form.
    "http://localhost.:80",
    "http://app.example.",
    "http://a_b.example",
    "http://-a.example",
    "http://bücher.example",
    "http://１２７.0.0.1",
    "http://①②⑦.0.0.1",
    "http://127。0。0。1",
    "http://xn--a.example",
    "http://a..example",
    "http://*.example",
    "http://a`.example",
    `http://${"a.".repeat(140)}example`,
  ])("%j is refused", (text) => expect(outcome(text)).toBe("!invalid_input"));

  it.each([
    "http://localhost",
    "http://LOCALHOST:80",
    "http://app.localhost:80",
    "http://0.0.0.0",
    "http://0.1.2.3",
    "http://169.254.169.254",
    "http://169.254.0.1:80",
    "http://100.100.100.200",
    "http://192.0.0.1",
    "http://224.0.0.1",
    "http://239.255.255.255",
    "http://240.0.0.1",
    "http://255.255.255.255",
    "http://[::]",
    "http://[::2]",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:0.0.0.0]",
    "http://[64:ff9b::a00:1]",
    "http://[64:ff9b:1::1]",
    "http://[100::1]",
    "http://[2001::1]",
    "http://[2002:a00:1::1]",
    "http://[fd00:ec2::254]",
    "http://[fe80::1]",
    "http://[febf::1]",
    "http://[fec0::1]",
    "http://[ff02::1]",
  ])("%s is refused whatever is granted", (text) => expect(outcome(text)).toBe("!target_refused"));

  it.each([
    "http://1.0.0.0",
    "http://169.253.255.255",
    "http://169.255.0.0",
    "http://100.100.100.201",
    "http://192.0.1.0",
    "http://223.255.255.255",
    "http://[fd00:ec2::255]",
    "http://[2003::1]",
    "http://[2001:1::]",
    "http://[fe7f::1]",
    "http://[101::1]",
  ])("%s is one for the policy to decide", (text) => expect(outcome(text)).not.toMatch(/^!/));

  it("is refused, or in one form that means the same", () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6().map((text) => `[${text}]`),
      fc.domain(),
      fc.string(),
    );
    const text = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc
        .tuple(
          fc.constantFrom("http", "https", "h2c", "ftp"),
          address,
          fc.integer({ min: 0, max: 70_000 }),
        )
        .map(([scheme, host, port]) => `${scheme}://${host}:${port}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        const first = outcome(given);
        if (first.startsWith("!")) return;
        expect(outcome(first)).toBe(first);
        expect(first).toMatch(/^(http|https|h2c):\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+):[1-9]\d{0,4}$/);
        // Whoever connects to it reaches what was checked.
        const seen = new URL(first.replace(/^h2c/, "http")).hostname;
        expect(first).toContain(`://${seen}:`);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("an address", () => {
  it.each([
    ["1.2.3.4", { address: "1.2.3.4", family: 4 }],
    ["::1", { address: "::1", family: 6 }],
    ["0:0:0:0:0:0:0:1", { address: "::1", family: 6 }],
    ["2001:DB8::A", { address: "2001:db8::a", family: 6 }],
    ["::ffff:1.2.3.4", { address: "1.2.3.4", family: 4 }],
    ["::1.2.3.4", undefined],
    ["256.1.1.1", undefined],
    ["1.2.3.04", undefined],
    ["1.2.3", undefined],
    ["fe80::1%eth0", undefined],
    ["[::1]", undefined],
    ["localhost", undefined],
    ["", undefined],
  ])("%s", (text, expected) => expect(canonicalAddress(text)).toEqual(expected));
});
