import { MAX_DEPTH, YamlFault } from "./fault.ts";
import { Scanner } from "./scanner.ts";

/** A node as written: aliases and tags not yet followed. */
export interface RawNode {
  kind: "scalar" | "list" | "map" | "alias";
  readonly at: number;
  /** In full for the standard ones (`!!str`), as written for others (`!reset`); empty when there is none. */
  tag: string;
  readonly text: string;
  readonly quoted: boolean;
  /** Items of a list; key, value, key, value … of a map. */
  items: RawNode[];
  /** What an alias stands for. */
  readonly target?: RawNode;
}

const STANDARD = "tag:yaml.org,2002:";

/** The documents of a YAML text, in order. @throws YamlFault */
export function readDocuments(content: string): RawNode[] {
  return new Reader(content).documents();
}

class Reader {
  readonly #scanner: Scanner;
  #anchors = new Map<string, RawNode>();
  #handles = new Map<string, string>();
  #depth = 0;

  constructor(content: string) {
    this.#scanner = new Scanner(content);
  }

  documents(): RawNode[] {
    const documents: RawNode[] = [];
    let implicit = true;
    for (;;) {
      while (this.#scanner.peek().type === "document-end") this.#scanner.take();
      const first = this.#scanner.peek();
      if (first.type === "end") return documents;
      this.#anchors = new Map();
      this.#directives();
      if (this.#scanner.peek().type === "document-start") this.#scanner.take();
      else if (!implicit || first.type === "directive") {
        throw new YamlFault("expected the end of the document or a new one (---)", this.#scanner.peek().at);
      }
      implicit = false;
      documents.push(this.#content());
    }
  }

  #directives(): void {
    this.#handles = new Map([
      ["!", "!"],
      ["!!", STANDARD],
    ]);
    while (this.#scanner.peek().type === "directive") {
      const { at, text } = this.#scanner.take();
      const tag = /^%TAG\s+(!|![\w-]*!)\s+(\S+)$/u.exec(text);
      if (tag?.[1] !== undefined && tag[2] !== undefined) this.#handles.set(tag[1], tag[2]);
      else if (!/^%YAML\s+1\.1$/u.test(text))
        throw new YamlFault(`${text} is no directive that Compose knows; take the line out`, at);
    }
  }

  #content(): RawNode {
    const { type, at } = this.#scanner.peek();
    if (type === "document-start" || type === "document-end" || type === "end" || type === "directive")
      return empty(at);
    return this.#node(true, false);
  }

  #node(block: boolean, indentless: boolean): RawNode {
    if (++this.#depth > MAX_DEPTH) throw new YamlFault(`nested more than ${MAX_DEPTH} deep`, this.#scanner.peek().at);
    let token = this.#scanner.peek();
    const start = token.at;
    if (token.type === "alias") {
      this.#scanner.take();
      this.#depth--;
      const target = this.#anchors.get(token.text);
      if (target === undefined)
        throw new YamlFault(`no anchor &${token.text} stands before this alias in the file`, start);
      return { kind: "alias", at: start, tag: "", text: token.text, quoted: false, items: [], target };
    }
    let anchor: string | undefined;
    let tag: string | undefined;
    while ((token.type === "anchor" && anchor === undefined) || (token.type === "tag" && tag === undefined)) {
      if (token.type === "anchor") anchor = token.text;
      else tag = this.#tag(token.text, token.at);
      this.#scanner.take();
      token = this.#scanner.peek();
    }
    const node = this.#untagged({
      block,
      indentless,
      start,
      anchor,
      tag: tag ?? "",
      bare: anchor === undefined && tag === undefined,
    });
    this.#depth--;
    return node;
  }

  #untagged(options: {
    block: boolean;
    indentless: boolean;
    start: number;
    anchor: string | undefined;
    tag: string;
    bare: boolean;
  }): RawNode {
    const { block, indentless, anchor, tag, bare } = options;
    const token = this.#scanner.peek();
    const make = (kind: RawNode["kind"], text = "", quoted = false): RawNode => {
      const node: RawNode = { kind, at: token.at, tag, text, quoted, items: [] };
      if (anchor !== undefined) this.#anchors.set(anchor, node);
      return node;
    };
    if (indentless && token.type === "entry") return this.#entries(make("list"), true);
    if (token.type === "scalar") {
      this.#scanner.take();
      return make("scalar", token.text, token.quoted);
    }
    if (token.type === "[") return this.#flowList(make("list"));
    if (token.type === "{") return this.#flowMap(make("map"));
    if (block && token.type === "block-list") {
      this.#scanner.take();
      return this.#entries(make("list"), false);
    }
    if (block && token.type === "block-map") return this.#blockMap(make("map"));
    if (!bare) return make("scalar");
    throw new YamlFault("expected a value", token.at);
  }

  #entries(node: RawNode, indentless: boolean): RawNode {
    while (this.#scanner.peek().type === "entry") {
      const { at } = this.#scanner.take();
      const { type } = this.#scanner.peek();
      const absent = type === "entry" || type === "block-end" || (indentless && (type === "key" || type === "value"));
      node.items.push(absent ? empty(at) : this.#node(true, false));
    }
    if (indentless) return node;
    const end = this.#scanner.peek();
    if (end.type !== "block-end") throw new YamlFault("expected '- ' or less indentation", end.at);
    this.#scanner.take();
    return node;
  }

  #blockMap(node: RawNode): RawNode {
    this.#scanner.take();
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === "block-end") {
        this.#scanner.take();
        return node;
      }
      if (token.type !== "key") throw new YamlFault("expected a key; check the indentation", token.at);
      this.#scanner.take();
      node.items.push(this.#blockMember(token.at));
      const value = this.#scanner.peek();
      if (value.type === "value") {
        this.#scanner.take();
        node.items.push(this.#blockMember(value.at));
      } else node.items.push(empty(value.at));
    }
  }

  #blockMember(at: number): RawNode {
    const { type } = this.#scanner.peek();
    return type === "key" || type === "value" || type === "block-end" ? empty(at) : this.#node(true, true);
  }

  #flowList(node: RawNode): RawNode {
    this.#scanner.take();
    for (let first = true; this.#scanner.peek().type !== "]"; first = false) {
      if (!first && !this.#comma("]")) break;
      const token = this.#scanner.peek();
      if (token.type === "key") {
        this.#scanner.take();
        const pair: RawNode = { kind: "map", at: token.at, tag: "", text: "", quoted: false, items: [] };
        pair.items.push(this.#flowMember("]", token.at), this.#flowValue("]", token.at));
        node.items.push(pair);
      } else node.items.push(this.#node(false, false));
    }
    this.#scanner.take();
    return node;
  }

  #flowMap(node: RawNode): RawNode {
    this.#scanner.take();
    for (let first = true; this.#scanner.peek().type !== "}"; first = false) {
      if (!first && !this.#comma("}")) break;
      const token = this.#scanner.peek();
      if (token.type === "key") {
        this.#scanner.take();
        node.items.push(this.#flowMember("}", token.at), this.#flowValue("}", token.at));
      } else node.items.push(this.#node(false, false), empty(token.at));
    }
    this.#scanner.take();
    return node;
  }

  /** Takes the comma between two items; false when the collection ends after it. */
  #comma(close: "]" | "}"): boolean {
    const token = this.#scanner.peek();
    if (token.type !== ",") throw new YamlFault(`expected ',' or '${close}'`, token.at);
    this.#scanner.take();
    return this.#scanner.peek().type !== close;
  }

  #flowMember(close: "]" | "}", at: number): RawNode {
    const { type } = this.#scanner.peek();
    return type === "value" || type === "," || type === close ? empty(at) : this.#node(false, false);
  }

  #flowValue(close: "]" | "}", at: number): RawNode {
    if (this.#scanner.peek().type !== "value") return empty(at);
    this.#scanner.take();
    const { type } = this.#scanner.peek();
    return type === "," || type === close ? empty(at) : this.#node(false, false);
  }

  #tag(written: string, at: number): string {
    const verbatim = /^!<(.*)>$/u.exec(written);
    const parts = /^(![\w-]*!|!)(.*)$/u.exec(written);
    const handle = this.#handles.get(parts?.[1] ?? "");
    if (verbatim === null && handle === undefined)
      throw new YamlFault(`${written}: no %TAG directive defines this handle`, at);
    const full = verbatim?.[1] ?? `${handle}${parts?.[2] ?? ""}`;
    if (full === "!") return "";
    return full.startsWith(STANDARD) ? `!!${full.slice(STANDARD.length)}` : full;
  }
}

function empty(at: number): RawNode {
  return { kind: "scalar", at, tag: "", text: "", quoted: false, items: [] };
}
