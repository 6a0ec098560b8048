import { randomBytes } from "node:crypto";
import { EnvironmentId, KeyId, MachineId, OperationId, TeamId, UsageRecordId } from "@cilo/api";

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const LENGTH = 20;

/** 20 characters of 36: about 103 bits. */
function randomText(): string {
  let text = "";
  while (text.length < LENGTH)
    for (const byte of randomBytes(LENGTH)) if (byte < 252 && text.length < LENGTH) text += ALPHABET[byte % 36];
  return text;
}

/** New identifiers. */
export const newId = {
  team: () => TeamId.parse(`team_${randomText()}`),
  key: () => KeyId.parse(`key_${randomText()}`),
  environment: () => EnvironmentId.parse(`env_${randomText()}`),
  machine: () => MachineId.parse(`mach_${randomText()}`),
  operation: () => OperationId.parse(`op_${randomText()}`),
  usageRecord: () => UsageRecordId.parse(`use_${randomText()}`),
  server: () => `srv_${randomText()}`,
} as const;
