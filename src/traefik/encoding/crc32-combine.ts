/**
 * CRC-32 of joined texts from the CRCs of their parts: zlib's `crc32_combine_gen` and
 * `crc32_combine_op` (zlib 1.3.1, `crc32.c`). CRCs are polynomials over GF(2), modulo the CRC's
 * polynomial, bits reversed; appending n zero bytes multiplies by x to the power of 8n.
 */

const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

/** The product of two polynomials, modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= b;
    b = (b & 1) === 0 ? b >>> 1 : (b >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

/** x to the power of 2 to the power of each index. */
const squares: number[] = [ONE >>> 1];
for (let power = 1; power < 64; power++) {
  const last = squares[power - 1] ?? 0;
  squares.push(multiply(last, last));
}

/** What `combineCrc32` needs to know of a text's length in bytes. */
export function crc32Operator(length: number): number {
  let operator = ONE;
  for (let power = 3; length > 0; power++, length = Math.floor(length / 2)) {
    if (length % 2 === 1) operator = multiply(squares[power] ?? 0, operator);
  }
  return operator;
}

/**
 * The CRC-32 of two texts joined.
 * @param operator the second text's, by its length
 */
export function combineCrc32(first: number, second: number, operator: number): number {
  return (multiply(operator, first) ^ second) >>> 0;
}
