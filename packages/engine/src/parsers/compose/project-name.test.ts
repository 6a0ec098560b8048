import { expect, test } from "vitest";
import { parseProject, problemsOf } from "./testing/memory.ts";

test.each([
  ["name: *n", "x-n: &n foo"],
  ["<<: *n", "x-n: &n {name: foo}"],
  ["<<: {name: foo}", ""],
  ["name: !!binary Zm9v", ""],
  ["!!str name: foo", ""],
  ["? name\n: foo", ""],
])("the project's name is read through aliases, merge keys and tags: %s", (name, before) => {
  const text = `${before}\n${name}\nservices: {a: {image: x, hostname: '$COMPOSE_PROJECT_NAME'}}`;
  const spec = parseProject(text);
  expect(spec.name).toBe("foo");
  expect(spec.services["a"]?.hostname).toBe("foo");
});

test("a name that says nothing leaves the one before it; one whose variables are empty is refused", () => {
  const base = "name: foo\nservices: {a: {image: x}}";
  expect(parseProject({ "compose.yaml": base, "compose.override.yaml": "name: ~" }).name).toBe("foo");
  expect(problemsOf({ "compose.yaml": base, "compose.override.yaml": "name: '${UNSET}'" })).toHaveLength(1);
});
