import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", ".build/", "**/node_modules/", "**/.oci-artifacts/", "examples/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.mjs"] } } },
    rules: {
      // A number in a message is a number; the rule guards against objects, and those stay refused.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Taking a property out of a copy names it.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      // Pulumi's outputs are declared with `!` and set by the base class.
      "@typescript-eslint/no-non-null-assertion": "error",
    },
  },
  {
    // node:test returns promises that the runner itself waits for.
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-floating-promises": "off" },
  },
  { files: ["**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
