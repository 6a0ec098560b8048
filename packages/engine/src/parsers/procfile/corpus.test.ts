import { expect, test } from "vitest";
import { CORPUS_SIZE, corpusCases, summary } from "./testing/corpus.ts";

const cases = corpusCases();

/** What people found in the manifests: languages, processes, add-ons. */
const facts: Readonly<Record<string, readonly string[]>> = {
  bakerydemo: ["Python 3.12 pip (.python-version)", "Node 24 npm (.nvmrc)", "release release, web web", ""],
  casa: [
    "Ruby 4.0.3 bundler (.ruby-version)",
    "Node 24.x npm (package.json)",
    "release release, web web, custom-web worker",
    "postgres DATABASE_URL",
  ],
  "clojure-getting-started": ["Clojure is not covered yet (project.clj)"],
  codetriage: [
    "Ruby 4.0.1 bundler (.ruby-version)",
    "Node yarn (default)",
    "web web, worker worker, release release",
    "postgres DATABASE_URL, redis REDIS_URL, memcached MEMCACHIER_SERVERS",
  ],
  "crates.io": [
    "Rust 1.97.1 cargo (rust-toolchain.toml)",
    "Node ^24 pnpm (package.json)",
    "release release, web web, background-worker worker",
    "",
  ],
  "dotnet-getting-started": [".NET 10 nuget (Frontend/Frontend.csproj)", "web web", ""],
  "go-getting-started": ["Go 1.25 go (go.mod)", "web web", ""],
  "gradle-getting-started": ["Java 25 gradle (system.properties)", "web web", "postgres DATABASE_URL"],
  "heroku-rust-cargo-hello": ["Rust 1.25.0 cargo (rust-toolchain)", "web web", ""],
  httpbin: ["Python 3.6.5 pipenv (runtime.txt)", "web web", ""],
  huginn: ["Ruby 4.0.6 bundler (Gemfile.lock)", "Node npm (default)", "web web, jobs worker", "postgres DATABASE_URL"],
  "java-getting-started": ["Java 17 maven (system.properties)", "web web", "postgres DATABASE_URL"],
  lobsters: ["Ruby 4.0.0 bundler (.ruby-version)", "web web, job worker", ""],
  "mon-entreprise": ["Node ^24 yarn@4.12.0 (package.json)", "web web", ""],
  "node-js-sample": ["Node 4.0.0 npm (package.json)", "web web", ""],
  "node-workers-example": ["Node npm (default)", "web web, worker worker", "redis REDIS_URL"],
  papercups: [
    "Elixir 1.11.3 OTP 23.0.2 mix (elixir_buildpack.config)",
    "Node 12.18.3 npm (.nvmrc)",
    "release release, web web",
    "postgres DATABASE_URL",
  ],
  "php-getting-started": ["PHP ^8.1 composer (composer.json)", "web web", ""],
  pontoon: [
    "Python 3.13 pip (.python-version)",
    "Node >= 24 npm (package.json)",
    "web web, worker worker",
    "rabbitmq RABBITMQ_URL, memcached MEMCACHE_SERVERS, postgres DATABASE_URL",
  ],
  "python-getting-started": ["Python 3.14 pip (.python-version)", "web web", ""],
  "ruby-getting-started": ["Ruby 3.4.9 bundler (Gemfile.lock)", "web web", "postgres DATABASE_URL"],
  "typescript-getting-started": ["Node 14.x npm (package.json)", "web web", ""],
};

test("the Procfile corpus is there where it must be", () => {
  if (cases.length === 0) console.log(`corpus absent: ${CORPUS_SIZE} cases not run`);
  const needed = process.env["CILO_REQUIRE_CORPUS"] === "1" || cases.length > 0 ? CORPUS_SIZE : 0;
  expect(cases.length).toBe(needed);
});

test("languages, processes and add-ons of real projects are found", () => {
  expect(Object.fromEntries(cases.map((name) => [name, summary(name)]))).toEqual(cases.length === 0 ? {} : facts);
});
