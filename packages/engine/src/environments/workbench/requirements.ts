import { cpus, totalmem } from "node:os";
import type { Workbench } from "../../spec/workbench.ts";
import type { Work } from "../work.ts";

/** Tells what the machine has less of than the project asks for, and secrets that nobody gave. */
export function tellRequirements(work: Work, { requirements, secrets, service }: Workbench): void {
  const tell = (message: string): void => work.notify({ code: "host-requirement", message, service });
  const gigabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 30)} GB`;
  if (requirements !== undefined && requirements.cpus > cpus().length)
    tell(`${service} asks for ${requirements.cpus} CPUs; this machine has ${cpus().length}`);
  if (requirements !== undefined && requirements.memoryBytes > totalmem())
    tell(
      `${service} asks for ${gigabytes(requirements.memoryBytes)} of memory; this machine has ${gigabytes(totalmem())}`,
    );
  for (const name of secrets.filter((secret) => work.deps.env[secret] === undefined))
    work.notify({
      code: "secret-not-given",
      message: `the project asks for the secret ${name}: export ${name}=… before cilo up`,
      service,
    });
}
