import { CiloError } from "@cilo/base";
import { SignJWT, type JWK, errors, exportJWK, generateKeyPair, importJWK, jwtVerify } from "jose";
import * as z from "zod";
import { EnvironmentId, Ipv4, KeyId, MachineId } from "./contract/values.ts";

/**
 * Credentials for an agent: short-lived tokens that the server signs (EdDSA) and agents verify with its public key.
 * A server's and a client's are different, and each names the one machine it is for.
 */
export const CredentialClaims = z.discriminatedUnion("role", [
  z.object({ role: z.literal("server"), machineId: MachineId }),
  z.object({
    role: z.literal("environment"),
    machineId: MachineId,
    environmentId: EnvironmentId,
    /** The only source address in the tunnel that it counts for. */
    address: Ipv4,
    /** The API key that it was given to: revoking that ends it. */
    keyId: KeyId,
  }),
]);
export type CredentialClaims = z.infer<typeof CredentialClaims>;

/** The longest a credential may live. */
export const CREDENTIAL_SECONDS = { server: 300, environment: 3600 } as const;

const ISSUER = "cilo-server";
const CLOCK_TOLERANCE_SECONDS = 60;

/** A pair of signing keys; `publicKey` is what agents are installed with, `privateKey` a secret of the server's. */
export async function createCredentialKeys(): Promise<{ publicKey: string; privateKey: string }> {
  const pair = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x, d } = await exportJWK(pair.privateKey);
  if (x === undefined || d === undefined) throw new Error("an Ed25519 key without its parts");
  return { publicKey: x, privateKey: d };
}

export interface CredentialSigner {
  sign(claims: CredentialClaims, options: { readonly nowMs: number }): Promise<string>;
}

/** Signs with a pair of {@link createCredentialKeys}. */
export async function createSigner(keys: { publicKey: string; privateKey: string }): Promise<CredentialSigner> {
  const key = await importJWK(jwkOf(keys.publicKey, keys.privateKey), "EdDSA");
  return {
    sign: async ({ machineId, ...claims }, { nowMs }) => {
      const now = Math.floor(nowMs / 1000);
      return await new SignJWT(claims)
        .setProtectedHeader({ alg: "EdDSA" })
        .setIssuer(ISSUER)
        .setAudience(machineId)
        .setIssuedAt(now)
        .setExpirationTime(now + CREDENTIAL_SECONDS[claims.role])
        .sign(key);
    },
  };
}

export interface CredentialVerifier {
  /**
   * The claims of a credential that this server signed for this machine and that has not ended.
   * @throws CiloError `UNAUTHENTICATED` for anything else
   */
  verify(
    token: string,
    options: { readonly nowMs: number },
  ): Promise<CredentialClaims & { readonly expiresAtMs: number }>;
}

/** Verifies what a server with `publicKey` signed for `machineId`. */
export async function createVerifier(options: {
  publicKey: string;
  machineId: MachineId;
}): Promise<CredentialVerifier> {
  const key = await importJWK(jwkOf(options.publicKey), "EdDSA");
  return {
    verify: async (token, { nowMs }) => {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["EdDSA"],
          issuer: ISSUER,
          audience: options.machineId,
          currentDate: new Date(nowMs),
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ["exp", "iat"],
        });
        const claims = CredentialClaims.parse({ ...payload, machineId: payload.aud });
        return { ...claims, expiresAtMs: (payload.exp ?? 0) * 1000 };
      } catch (cause) {
        if (!(cause instanceof errors.JOSEError) && !(cause instanceof z.ZodError)) throw cause;
        throw new CiloError("UNAUTHENTICATED", "the credential is not valid on this machine, or has ended", {
          cause,
          hint: "Ask the server for a new one: cilo cloud connect",
        });
      }
    },
  };
}

function jwkOf(x: string, d?: string): JWK {
  return { kty: "OKP", crv: "Ed25519", x, ...(d === undefined ? {} : { d }) };
}
