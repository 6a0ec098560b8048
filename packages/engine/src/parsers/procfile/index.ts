export { procfileParser } from "./procfile-parser.ts";
