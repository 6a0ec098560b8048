import { expect, test } from "vitest";
import { createCredentialKeys, createSigner, createVerifier } from "./credentials.ts";
import { EnvironmentId, KeyId, MachineId } from "./contract/values.ts";

const machineId = MachineId.parse("mach_0123456789abcdefghij");
const other = MachineId.parse("mach_aaaaaaaaaaaaaaaaaaaa");
const nowMs = Date.UTC(2026, 10, 24);
const claims = {
  role: "environment",
  machineId,
  environmentId: EnvironmentId.parse("env_0123456789abcdefghij"),
  address: "10.225.0.9",
  keyId: KeyId.parse("key_0123456789abcdefghij"),
} as const;

test("a machine accepts what its server signed for it, with everything that was claimed", async () => {
  const keys = await createCredentialKeys();
  const token = await (await createSigner(keys)).sign(claims, { nowMs });
  const verifier = await createVerifier({ publicKey: keys.publicKey, machineId });
  expect(await verifier.verify(token, { nowMs })).toEqual({ ...claims, expiresAtMs: nowMs + 3_600_000 });
});

test("a machine refuses another's credential, another server's, an ended one, and one that was changed", async () => {
  const keys = await createCredentialKeys();
  const stranger = await createSigner(await createCredentialKeys());
  const signer = await createSigner(keys);
  const token = await signer.sign(claims, { nowMs });
  const verifier = await createVerifier({ publicKey: keys.publicKey, machineId });
  const [head, , signature] = token.split(".");
  const payload = Buffer.from(JSON.stringify({ ...claims, role: "server", aud: machineId, exp: 9e9, iat: 0 }));
  const refused = [
    await signer.sign({ ...claims, machineId: other }, { nowMs }),
    await stranger.sign(claims, { nowMs }),
    await signer.sign(claims, { nowMs: nowMs - 3_700_000 }),
    `${head}.${payload.toString("base64url")}.${signature}`,
    `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload.toString("base64url")}.`,
    "",
  ];
  for (const one of refused)
    await expect(verifier.verify(one, { nowMs })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});
