import { isCiloError, mapLimit } from "@cilo/base";
import { Label, type Runtime } from "@cilo/engine";
import * as z from "zod";
import { openEngineApi } from "./engine-api.ts";

export interface ContainerUse {
  readonly memoryBytes: number;
  /** Of one processor; absent until it was looked at twice. */
  readonly cpuPercent?: number;
}

/** What containers take, as it was when it was last looked at. */
export interface Meter {
  /** Looks at every running container of ours. An engine that does not answer leaves it at what was. */
  sample(signal: AbortSignal): Promise<void>;
  use(containerId: string): ContainerUse | undefined;
}

const Containers = z.array(z.object({ Id: z.string() }));
const Stats = z.object({
  read: z.string(),
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.optional(z.number()),
    stats: z.optional(z.record(z.string(), z.number())),
  }),
});

const AT_ONCE = 4;

export function createMeter(runtime: Runtime): Meter {
  let latest = new Map<string, { readonly use: ContainerUse; readonly cpuNs: number; readonly atMs: number }>();
  return {
    async sample(signal) {
      try {
        const api = openEngineApi((await runtime.inspect({ signal })).endpoint);
        const filters = encodeURIComponent(JSON.stringify({ label: [Label.home] }));
        const containers = Containers.parse(await api.call("GET", `/containers/json?filters=${filters}`, { signal }));
        const next: typeof latest = new Map();
        await mapLimit(containers, { limit: AT_ONCE, signal }, async ({ Id }) => {
          const answer = await api.call("GET", `/containers/${Id}/stats?stream=0&one-shot=1`, { signal });
          const stats = Stats.safeParse(answer);
          if (stats.success) next.set(Id, measured(stats.data, latest.get(Id)));
        });
        latest = next;
      } catch (error) {
        if (!isCiloError(error)) throw error;
      }
    },
    use: (containerId) => latest.get(containerId)?.use,
  };
}

function measured(
  { read, cpu_stats: cpu, memory_stats: memory }: z.infer<typeof Stats>,
  before: { readonly cpuNs: number; readonly atMs: number } | undefined,
): { readonly use: ContainerUse; readonly cpuNs: number; readonly atMs: number } {
  const [cpuNs, atMs] = [cpu.cpu_usage.total_usage, Date.parse(read)];
  // Files that could be dropped at once are no use of memory; the name is another in the two versions of cgroups.
  const droppable = memory.stats?.["inactive_file"] ?? memory.stats?.["total_inactive_file"] ?? 0;
  const memoryBytes = Math.max(0, (memory.usage ?? 0) - droppable);
  if (before === undefined || atMs <= before.atMs) return { use: { memoryBytes }, cpuNs, atMs };
  const cpuPercent = Math.round((cpuNs - before.cpuNs) / (atMs - before.atMs) / 1000) / 10;
  return { use: { memoryBytes, cpuPercent: Math.max(0, cpuPercent) }, cpuNs, atMs };
}
