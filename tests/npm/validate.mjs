// Says what html-validate finds in pages.
// Input (stdin): {"pages": [path]}; output: a JSON array, per page a list of "rule: message".
import { readFileSync } from "node:fs";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const presets = ["html-validate:standard", "html-validate:a11y", "html-validate:document"];
const validator = new HtmlValidate(new StaticConfigLoader({ root: true, extends: presets }));

const found = [];
for (const page of JSON.parse(readFileSync(0, "utf8")).pages) {
  const { results } = await validator.validateFile(page);
  found.push(results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message }) => `${ruleId}: ${message}`)));
}
process.stdout.write(JSON.stringify(found));
