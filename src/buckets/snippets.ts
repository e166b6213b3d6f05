import type { Config } from "../config.ts";
import type { State } from "../domain/state.ts";
import type { GivenKey } from "./draw.ts";

export interface SnippetInput {
  /** The storage, as members reach it. */
  readonly url: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** What the client is to call it. */
  readonly name: string;
}

/** The set-up of a key that was just given out. */
export function snippetsFor(
  { publicUrl: url, region }: Pick<Config["buckets"], "publicUrl" | "region">,
  state: State,
  { key, secretKey }: Pick<GivenKey, "key" | "secretKey">,
): SnippetInput {
  const { accessKey } = key;
  return { url, region, accessKey, secretKey, name: clientName(state, key.owner) };
}

/** What clients call the storage, with the keys of this owner: `tardis-alice`. */
export function clientName(state: State, owner: string): string {
  return `tardis-${state.owners.get(owner)?.name ?? owner}`;
}

/** What is done with a bucket most often, with each of the common clients. */
export function examples(
  name: string,
  bucket: string,
): Record<keyof ReturnType<typeof snippets>, string> {
  return {
    mc: `mc cp photo.jpg ${name}/${bucket}/`,
    aws: `aws s3 cp photo.jpg s3://${bucket}/ --profile ${name}`,
    rclone: `rclone copy photo.jpg ${name}:${bucket}`,
  };
}

/**
 * How the common clients are set up with a key, each to be pasted as it is. None of the values can end
 * a word of a shell: they are checked or drawn here.
 */
export function snippets({ url, region, accessKey, secretKey, name }: SnippetInput): {
  mc: string;
  aws: string;
  rclone: string;
} {
  return {
    mc: `mc alias set ${name} ${url} ${accessKey} ${secretKey}`,
    aws: [
      `aws configure set profile.${name}.aws_access_key_id ${accessKey}`,
      `aws configure set profile.${name}.aws_secret_access_key ${secretKey}`,
      `aws configure set profile.${name}.region ${region}`,
      `aws configure set profile.${name}.endpoint_url ${url}`,
    ].join("\n"),
    rclone: [
      `[${name}]`,
      "type = s3",
      "provider = Minio",
      `access_key_id = ${accessKey}`,
      `secret_access_key = ${secretKey}`,
      `region = ${region}`,
      `endpoint = ${url}`,
      // It asks to make the bucket otherwise, which no key may.
      "no_check_bucket = true",
    ].join("\n"),
  };
}
