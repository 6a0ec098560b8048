import { CiloError, createFileExclusive, readFileIfThere } from "@cilo/base";
import { type WireGuardKeyPair, generateWireGuardKeys, isWireGuardSecret, publicKeyOf } from "@cilo/network";
import { AgentCode } from "./errors.ts";

/**
 * The machine's key pair, made on first use. Two that make it at once get the same.
 * @throws CiloError `AGENT_CONFIG_INVALID` when the file holds no key
 */
export async function machineKeys(path: string): Promise<WireGuardKeyPair> {
  if ((await readFileIfThere(path)) === undefined)
    await createFileExclusive(path, `${generateWireGuardKeys().privateKey}\n`);
  const privateKey = (await readFileIfThere(path))?.trim() ?? "";
  if (!isWireGuardSecret(privateKey))
    throw new CiloError(AgentCode.configInvalid, `${path} does not hold a WireGuard key`, {
      hint: "Remove the file for a new key, and register the machine again",
    });
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}
