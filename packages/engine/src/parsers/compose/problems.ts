import { CiloError, type Problem } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import { type Origin, type Place, type Source, lineAndColumn } from "./tree.ts";

export interface Report {
  readonly message: string;
  readonly hint?: string;
  /** E.g. `services.web.ports[0]`. */
  readonly attribute?: string;
  /** Where in a file; absent when it is about the project as a whole. */
  readonly place?: Place;
}

/** Collects what is wrong with a project, so that one run tells everything. */
export class Problems {
  readonly #found: Report[] = [];
  readonly #order = new Map<Source, number>();

  /** Files are told in the order they were read. */
  addSource(source: Source): void {
    if (!this.#order.has(source)) this.#order.set(source, this.#order.size);
  }

  add(report: Report): void {
    this.#found.push(report);
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** @throws CiloError `PROJECT_INVALID` when anything was added. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw this.toError();
  }

  toError(): CiloError {
    const rank = (report: Report): number =>
      report.place === undefined ? -1 : (this.#order.get(report.place.source) ?? Infinity);
    const sorted = this.#found.toSorted((a, b) => rank(a) - rank(b) || (a.place?.at ?? 0) - (b.place?.at ?? 0));
    const seen = new Set<string>();
    const problems = sorted.map(toProblem).filter((problem) => {
      const key = JSON.stringify(problem);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    return new CiloError(EngineCode.projectInvalid, `The Compose project has ${count}`, {
      problems: problems.slice(0, MAX_TOLD),
    });
  }
}

/** Enough to work through; a generated file may have a million. */
const MAX_TOLD = 1000;

function toProblem(report: Report): Problem {
  return {
    message: report.message,
    ...(report.hint === undefined ? {} : { hint: report.hint }),
    ...(report.attribute === undefined || report.attribute === "" ? {} : { attribute: report.attribute }),
    ...(report.place === undefined ? {} : { file: report.place.source.path, ...lineAndColumn(report.place) }),
  };
}

/** Where the key of a value stands, else the value. */
export function keyPlace(tree: Origin): Place {
  return { source: tree.source, at: tree.keyAt === -1 ? tree.at : tree.keyAt };
}

/** The path of a member as users read it. */
export function attributePath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}
