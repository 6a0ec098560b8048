import type { Phase, ProgressEvent, ServiceState } from "@cilo/engine";
import type { Output } from "./output.ts";
import type { OutputStream } from "./streams.ts";

/** Shows an operation's progress until disposed. */
export interface ProgressView extends Disposable {
  onEvent(event: ProgressEvent): void;
}

const PHASES: Readonly<Record<Phase, string>> = {
  copy: "copying the source",
  sync: "bringing source edits over",
  hook: "running the project's hook",
  parse: "reading the project",
  addresses: "claiming addresses",
  share: "starting shared services",
  image: "preparing the image",
  commands: "running the project's commands",
  start: "starting services",
  health: "waiting for services",
  names: "publishing names",
  stop: "stopping services",
  remove: "removing",
  rollback: "undoing what was half made",
};

/**
 * On a terminal a few lines on stderr that are redrawn: what is being done, and every service's state. They are wiped at
 * the end; the answer says what came of it. On a pipe nothing is drawn.
 */
export function showProgress(output: Output, stream: OutputStream): ProgressView {
  const live = stream.isTTY === true && !output.quiet;
  const services = new Map<string, ServiceState>();
  let doing = "";
  let drawn = 0;
  const wipe = (): void => {
    if (drawn > 0) stream.write(`\u001B[${drawn}A\u001B[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    if (!live) return;
    wipe();
    const lines = [...(doing === "" ? [] : [`${output.style.cyan("…")} ${doing}`]), ...serviceLines(services, output)];
    const fitting = lines.map((line) => fit(line, stream.columns || 80));
    if (fitting.length > 0) stream.write(`${fitting.join("\n")}\n`);
    drawn = fitting.length;
  };
  let speaking = "";
  const tell = ({ from, line }: { readonly from: string; readonly line: string }): void => {
    if (output.quiet) return;
    wipe();
    if (speaking !== from) stream.write(`${output.style.bold(from)}\n`);
    speaking = from;
    stream.write(`  ${line}\n`);
  };
  return {
    onEvent: (event) => {
      if (event.kind === "phase" && event.state === "started") doing = PHASES[event.phase];
      if (event.kind === "waiting") doing = `waiting for ${event.what}`;
      if (event.kind === "service") services.set(event.service, event.state);
      if (event.kind === "engine" && event.line.trim() !== "") doing = event.line.trim();
      if (event.kind === "output") tell(event);
      draw();
    },
    [Symbol.dispose]: wipe,
  };
}

function serviceLines(services: ReadonlyMap<string, ServiceState>, output: Output): string[] {
  const width = Math.max(0, ...[...services.keys()].map((name) => name.length));
  return [...services].map(([name, state]) => `  ${name.padEnd(width)}  ${output.style.dim(state)}`);
}

/** The line cut to the terminal's width, so that what is drawn has as many rows as lines. */
function fit(line: string, columns: number): string {
  const limit = columns - 1;
  let shown = 0;
  let cut = "";
  for (const [part] of line.matchAll(/\u001B\[[0-9;]*m|./gu)) {
    if (part.startsWith("\u001B")) cut += part;
    else if (shown < limit) {
      cut += part;
      shown += 1;
    }
  }
  return cut;
}
