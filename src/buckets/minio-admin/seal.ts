import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

/*
 * How MinIO's admin API has request bodies encrypted: `EncryptData` of madmin-go, and beneath it the
 * "sio" stream of secure-io/sio-go.
 *
 *   salt[32] | id[1] | nonce[8] | fragments
 *
 * `id` says how key and cipher are made. Its clients write 0 (Argon2id, AES-256-GCM), 1 (Argon2id,
 * ChaCha20-Poly1305) or, where only FIPS 140 is allowed, 2 (PBKDF2-HMAC-SHA256, AES-256-GCM). The
 * server takes all three; 2 is the one that Node makes without a library.
 *
 * Each fragment holds up to 16 KiB under a nonce that counts up and, as associated data, a tag that
 * binds it to this stream; its first byte tells the last fragment from the others, so that a stream
 * that was cut off shows.
 */

const SALT_BYTES = 32;
const NONCE_BYTES = 8;
const TAG_BYTES = 16;
const FRAGMENT_BYTES = 16 * 1024;
const HEADER_BYTES = SALT_BYTES + 1 + NONCE_BYTES;
const PBKDF2_AES_256_GCM = 2;
const PBKDF2_ROUNDS = 8192;
const MORE = 0x00;
const LAST = 0x80;

/** Where random bytes come from. */
export type Random = (size: number) => Buffer;

/**
 * Encrypts a body for the server.
 * @param secretKey the caller's own secret key, which the server knows, too
 */
export function seal(secretKey: string, plaintext: Buffer, random: Random = randomBytes): Buffer {
  const salt = random(SALT_BYTES);
  const nonce = random(NONCE_BYTES);
  const key = keyOf(secretKey, salt);
  const bound = boundTo(key, nonce);
  const parts = [salt, Buffer.of(PBKDF2_AES_256_GCM), nonce];
  // At least one, even of nothing; a full last one is not followed by an empty one.
  const count = Math.max(1, Math.ceil(plaintext.length / FRAGMENT_BYTES));
  for (let at = 0; at < count; at++) {
    const piece = plaintext.subarray(at * FRAGMENT_BYTES, (at + 1) * FRAGMENT_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, ivOf(nonce, at + 1));
    cipher.setAAD(Buffer.concat([Buffer.of(at === count - 1 ? LAST : MORE), bound]));
    parts.push(cipher.update(piece), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(parts);
}

/**
 * Decrypts what `seal` made.
 * @throws Error when it was made another way, is cut off or changed, or the key is another
 */
export function unseal(secretKey: string, sealed: Buffer): Buffer {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[SALT_BYTES] !== PBKDF2_AES_256_GCM)
    throw new Error("not a body that was sealed here");
  const nonce = sealed.subarray(SALT_BYTES + 1, HEADER_BYTES);
  const key = keyOf(secretKey, sealed.subarray(0, SALT_BYTES));
  const bound = boundTo(key, nonce);
  const body = sealed.subarray(HEADER_BYTES);
  const size = FRAGMENT_BYTES + TAG_BYTES;
  const count = Math.ceil(body.length / size);
  const parts: Buffer[] = [];
  for (let at = 0; at < count; at++) {
    const fragment = body.subarray(at * size, (at + 1) * size);
    const decipher = createDecipheriv("aes-256-gcm", key, ivOf(nonce, at + 1), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.concat([Buffer.of(at === count - 1 ? LAST : MORE), bound]));
    decipher.setAuthTag(fragment.subarray(-TAG_BYTES));
    parts.push(decipher.update(fragment.subarray(0, -TAG_BYTES)), decipher.final());
  }
  return Buffer.concat(parts);
}

function keyOf(secretKey: string, salt: Buffer): Buffer {
  return pbkdf2Sync(secretKey, salt, PBKDF2_ROUNDS, 32, "sha256");
}

function ivOf(nonce: Buffer, sequence: number): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(sequence);
  return Buffer.concat([nonce, counter]);
}

/** The tag of an empty message under the stream's first nonce: what each fragment is bound to. */
function boundTo(key: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, ivOf(nonce, 0));
  cipher.final();
  return cipher.getAuthTag();
}
