import { CiloError } from "@cilo/base";
import { CliCode } from "../errors.ts";
import { globalFlags, value } from "../parameters.ts";

/** The flags of every command that works with a server. */
export const cloudFlags = {
  ...globalFlags,
  server: value("Server to work with (default: CILO_SERVER, else the one last logged in to)", "url"),
} as const;

/** `8h`, `90m`, `2d`, in hours. */
export function hours(input: string): number {
  const match = /^(\d+(?:\.\d+)?)([mhd])$/u.exec(input);
  const unit = { m: 1 / 60, h: 1, d: 24 }[match?.[2] ?? ""];
  if (match !== null && unit !== undefined && Number(match[1]) > 0) return Number(match[1]) * unit;
  throw new CiloError(CliCode.usage, "it must be a time such as 90m, 8h or 2d");
}
