import { defineConfig } from "oxlint";
import { importOverrides } from "./scripts/lint/import-overrides.ts";

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "promise", "node"],
  categories: { correctness: "error", suspicious: "error" },
  env: { node: true, es2024: true },
  ignorePatterns: ["**/dist/**", "**/fixtures/**", "**/vendor/**"],
  rules: {
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/switch-exhaustiveness-check": "error",
    "import/no-cycle": "error",
    "no-empty": ["error", { allowEmptyCatch: false }],
    "no-restricted-globals": ["error", { name: "eval", message: "Project text is hostile input." }],
    "no-await-in-loop": "off",
    "no-underscore-dangle": "off",
    "unicorn/no-array-sort": "off",
    "unicorn/no-array-reverse": "off",
    "import/no-unassigned-import": "off",
    "no-control-regex": "off",
    "no-shadow": "off",
    // `fc.assert` of fast-check, whose default export is how it is documented.
    "import/no-named-as-default-member": "off",
    // Exhaustive switches return on every path; the compiler checks it.
    "typescript/consistent-return": "off",
    "unicorn/consistent-function-scoping": "off",
  },
  overrides: importOverrides,
});
