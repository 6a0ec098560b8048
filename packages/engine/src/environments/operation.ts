import { rm } from "node:fs/promises";
import { BaseCode, type LockOptions, isCiloError, lock, readFileIfThere, writeFileAtomic } from "@cilo/base";
import type { OperationContext } from "./environments.ts";
import { type Home, environmentLockPath, operationMarkerPath } from "./home.ts";
import { OPERATION_VARIABLE, endStragglers } from "./stragglers.ts";

/** The right to change the environment of one name, held until disposed. */
export interface Operation extends AsyncDisposable {
  /** Variables for every process that is started meanwhile. */
  readonly env: Readonly<Record<string, string>>;
  /** The command before this one was killed midway; what it had started has been ended. */
  readonly afterCrash: boolean;
}

/** Whether a command changes the environment of that name just now. */
export async function isBusy(home: Home, environment: string, signal: AbortSignal): Promise<boolean> {
  try {
    await using _ = await lock(environmentLockPath(home, environment), { signal, timeoutMs: 0 });
    return false;
  } catch (error) {
    if (isCiloError(error, BaseCode.timeout)) return true;
    throw error;
  }
}

/**
 * Waits for the environment name's lock and takes it; says so once when another process holds it. Commands on other
 * names are not held up. A marker file stands while it is held: the next holder that finds one knows that a `cilo`
 * was killed and ends its children first, since the lock is released with the parent alone.
 */
export async function beginOperation(home: Home, environment: string, context: OperationContext): Promise<Operation> {
  const marker = operationMarkerPath(home, environment);
  const held = await lock(environmentLockPath(home, environment), {
    signal: context.signal,
    onWait: () => context.onEvent({ kind: "waiting", what: `another cilo command on ${environment}` }),
  } satisfies LockOptions);
  try {
    const afterCrash = (await readFileIfThere(marker)) !== undefined;
    const operation = `${home.id}/${environment}`;
    if (afterCrash) await endStragglers(operation, { signal: context.signal });
    await writeFileAtomic(marker, `${process.pid}\n`, { sync: false });
    return {
      env: { [OPERATION_VARIABLE]: operation },
      afterCrash,
      async [Symbol.asyncDispose]() {
        await rm(marker, { force: true });
        await held[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}
