import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { lock } from "@cilo/base";

/** A part of the machine that one test has for itself: an address range and a port, held until disposed. */
export interface Slot extends AsyncDisposable {
  readonly number: number;
  /** A /19: room for 128 environments of a /26. */
  readonly baseSubnet: string;
  readonly dnsPort: number;
}

/** More than there can be tests at once; the ranges lie in 10.128.0.0/11. */
const slots = 256;

/** Takes a slot that no other process on this machine has. The kernel gives it back when the process ends. */
export async function takeSlot(signal: AbortSignal): Promise<Slot> {
  const first = Math.floor(Math.random() * slots);
  for (let step = 0; step < slots; step += 1) {
    const number = (first + step) % slots;
    const held = await tryLock(number, signal);
    if (held === undefined) continue;
    return {
      number,
      baseSubnet: subnetOf(number),
      dnsPort: 15_400 + number,
      [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
    };
  }
  throw new Error("every test slot of this machine is taken");
}

function subnetOf(number: number): string {
  return `10.${128 + Math.floor(number / 8)}.${(number % 8) * 32}.0/19`;
}

async function tryLock(number: number, signal: AbortSignal): Promise<AsyncDisposable | undefined> {
  const path = join(tmpdir(), `cilo-test-slots-${userInfo().uid}`, String(number));
  try {
    return await lock(path, { signal, timeoutMs: 0 });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
