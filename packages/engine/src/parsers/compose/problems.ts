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

/**
 * Collects what is wrong with a project, so that one run tells everything. The reference stops at the first stage that
 * finds something; so do the first problems here: what later stages find comes after them, and only where it is no mere
 * consequence.
 */
export class Problems {
  readonly #found: Found[] = [];
  readonly #order = new Map<Source, number>();
  /** Whether a stage runs that the reference would not have come to. */
  #beyond = false;
  readonly #earlier = new Earlier();

  /** Files are told in the order they were read. */
  addSource(source: Source): void {
    if (!this.#order.has(source)) this.#order.set(source, this.#order.size);
  }

  add(report: Report): void {
    if (!this.#beyond) this.#found.push({ report, beyond: false });
    else if (!this.#earlier.explains(report)) this.#found.push({ report, beyond: true });
  }

  /** Runs a stage that comes only after earlier ones found nothing wrong, to learn what it would find. */
  beyond<T>(stage: () => T): T {
    const before = this.#beyond;
    this.#earlier.learn(this.#found);
    this.#beyond = this.any;
    try {
      return stage();
    } finally {
      this.#beyond = before;
    }
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
    const sorted = this.#found.toSorted(
      (a, b) =>
        Number(a.beyond) - Number(b.beyond) ||
        rank(a.report) - rank(b.report) ||
        (a.report.place?.at ?? 0) - (b.report.place?.at ?? 0),
    );
    const seen = new Set<string>();
    const problems = sorted
      .map(({ report }) => toProblem(report))
      .filter((problem) => {
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

interface Found {
  readonly report: Report;
  readonly beyond: boolean;
}

/** What earlier stages found, to tell what follows from it. */
class Earlier {
  #known = 0;
  readonly #places = new Map<Source, Set<number>>();
  readonly #attributes = new Set<string>();
  /** Attributes with a problem somewhere below them. */
  readonly #above = new Set<string>();

  /** Takes in what was added to `found` since the last time. */
  learn(found: readonly Found[]): void {
    for (const { report } of found.slice(this.#known)) {
      if (report.place !== undefined) {
        const places = this.#places.get(report.place.source) ?? new Set();
        this.#places.set(report.place.source, places.add(report.place.at));
      }
      if (report.attribute === undefined) continue;
      this.#attributes.add(scoped(report, report.attribute));
      for (const attribute of ancestors(report.attribute)) this.#above.add(attribute);
    }
    this.#known = found.length;
  }

  /** A problem at the same place, in the same attribute, below it, or with a value of which a part is wrong. */
  explains(report: Report): boolean {
    const { place, attribute } = report;
    if (place !== undefined && this.#places.get(place.source)?.has(place.at) === true) return true;
    if (attribute === undefined) return false;
    return (
      this.#above.has(attribute) ||
      [attribute, ...ancestors(attribute)].some((one) => this.#attributes.has(scoped(report, one)))
    );
  }
}

/** An item of a list has the same number in two files without being the same. */
function scoped(report: Report, attribute: string): string {
  return attribute.includes("[") ? `${report.place?.source.path ?? ""}\0${attribute}` : attribute;
}

/** `a.b[0]` and `a.b` and `a` for `a.b[0].c`. */
function ancestors(attribute: string): string[] {
  return [...attribute.matchAll(/[.[]/gu)].map(({ index }) => attribute.slice(0, index));
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
